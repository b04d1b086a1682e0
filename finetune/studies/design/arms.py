"""The arms that a circuit has to beat: names, options and counts. Loads neither torch nor Django.

An arm is an adapter with options. Each of them trains on the same data in the same order, at a
learning rate of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantum.adapters.registry import Shapes, get_adapter
from quantum.exceptions import OptionError

RATES: Mapping[str, tuple[float, ...]] = {  # half a decade apart, around what trained best so far
    "qtha": (3e-3, 1e-2, 3e-2),
    "qgs": (1e-2, 3e-2, 1e-1),
    "lora": (1e-3, 3e-3, 1e-2),
}
SUBJECT = "circuit"
TWIN = "bottleneck"
LORA_RANKS = 256


@dataclass(frozen=True)
class Arm:
    """One arm of a study.

    Attributes:
        name: its key: `circuit`, `product`, ...
        title: its name in a sentence, after "over" or "than".
        adapter: a name from the adapter registry.
        options: the adapter's options.
        parameters: trained numbers on the study's base.
        rates: learning rates that a fair grid tries.
    """

    name: str
    title: str
    adapter: str
    options: Mapping[str, Any] = field(hash=False)
    parameters: int
    rates: tuple[float, ...]


TITLES: Mapping[str, str] = {
    SUBJECT: "the circuit",
    "product": "the same without entanglers",
    TWIN: "its equal-size classical twin",
    "polynomial": "a polynomial of equal size with its frequencies",
    "span": "every polynomial that it could span",
    "frozen": "the same with frozen angles",
    "random": "the same with random angles",
    "no-middle": "the adapter without a middle",
    "lora-8": "LoRA r = 8",
    "lora-equal": "LoRA of equal size",
    "adapter": "the adapter",
}
_CONTROLS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {  # adapter -> arm -> changed options
    "qtha": {
        SUBJECT: {"control": "trained"},
        "product": {"control": "product"},
        TWIN: {"control": "bottleneck"},
        "polynomial": {"control": "polynomial"},
        "span": {"control": "span"},
        "frozen": {"control": "frozen"},
        "random": {"control": "random"},
        "no-middle": {"variant": "AB"},
    },
    "qgs": {
        SUBJECT: {"control": "trained"},
        "product": {"control": "product"},
        TWIN: {"control": "free"},
        "polynomial": {"control": "polynomial"},
        "span": {"control": "span"},
        "frozen": {"control": "frozen"},
        "random": {"control": "random"},
    },
}


def arms_for(
    adapter: str, options: Mapping[str, Any], shapes: Shapes, targets: Sequence[str]
) -> tuple[Arm, ...]:
    """All arms that a study of this adapter may have; the subject comes first.

    Arms whose options cannot be used together (the span of a circuit of two layers) are left out.

    Args:
        adapter: the adapter under study.
        options: its options.
        shapes: every linear layer of the base.
        targets: names of the layers that get an adapter.

    Raises:
        OptionError: the adapter itself cannot be used so.
        UnknownNameError: there is no such adapter.
    """
    controls = _CONTROLS.get(adapter, {"adapter": {}})
    arms = []
    for name, changed in controls.items():
        try:
            arms.append(_arm(name, adapter, {**options, **changed}, shapes, targets))
        except OptionError:
            if not arms:
                raise
    size = arms[0].parameters
    lora = get_adapter("lora")
    if (adapter, options.get("r", 8)) != ("lora", 8):
        arms.append(_arm("lora-8", "lora", {"r": 8, "alpha": 16.0}, shapes, targets))
    if adapter != "lora":
        counts = {r: lora.count(shapes, targets, {"r": r}) for r in range(1, LORA_RANKS + 1)}
        rank = min(counts, key=lambda r: (abs(counts[r] - size), r))
        if rank != 8:
            equal = {"r": rank, "alpha": 2.0 * rank}
            arms.append(_arm("lora-equal", "lora", equal, shapes, targets))
    return tuple(arms)


def _arm(
    name: str, adapter: str, options: Mapping[str, Any], shapes: Shapes, targets: Sequence[str]
) -> Arm:
    spec = get_adapter(adapter)
    default = spec.default_learning_rate
    rates = RATES.get(adapter, (default / 3, default, default * 3))
    own = {key: value for key, value in options.items() if key != "backend"}
    return Arm(name, TITLES[name], adapter, own, spec.count(shapes, targets, options), rates)
