"""The adapters by name: one dict, for forms, counts, docs and the trainer.

Adding an adapter is one line here and its own folder or entry. Importing this module brings in
neither torch nor PEFT nor Qiskit, so the web process can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quantum.adapters.classical import CLASSICAL
from quantum.adapters.gatenet.spec import GATENET
from quantum.adapters.qgs.spec import QGS
from quantum.adapters.qtha.spec import QTHA
from quantum.adapters.spec import AdapterSpec, Shapes
from quantum.exceptions import OptionError, UnknownNameError
from quantum.options import OptionField, Options

__all__ = [
    "ADAPTERS",
    "AdapterSpec",
    "OptionError",
    "OptionField",
    "Options",
    "Shapes",
    "get_adapter",
    "reference_count",
]

ADAPTERS: Mapping[str, AdapterSpec] = {spec.name: spec for spec in (QTHA, QGS, GATENET, *CLASSICAL)}


def get_adapter(name: str) -> AdapterSpec:
    """The adapter of that name.

    Raises:
        UnknownNameError: There is none; the message lists the known ones.

    >>> get_adapter("qtha").quantum
    True
    """
    if name not in ADAPTERS:
        raise UnknownNameError("adapter", name, ADAPTERS)
    return ADAPTERS[name]


def reference_count(shapes: Shapes, targets: Sequence[str] = ("q_proj", "v_proj")) -> int:
    """Parameters of LoRA r = 8 on q_proj and v_proj, to which counts are compared."""
    return get_adapter("lora").count(shapes, targets, {"r": 8})
