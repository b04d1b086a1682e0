"""Configuration of QTHA for PEFT. It knows nothing about layers or training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from peft import PeftConfig

from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.qtha_options import INITS, VARIANTS
from quantum.exceptions import OptionError

__all__ = ["QTHAConfig"]

_QTHA = extend_peft_type("QTHA")


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass
class QTHAConfig(PeftConfig):
    """Quantum Tensor Hybrid Adaptation, arXiv 2503.12790.

    Raises:
        OptionError: A value is out of range.
    """

    r: int = field(default=8, metadata=_help("Rank, which is also the number of qubits."))
    alpha: float = field(default=16.0, metadata=_help("Scaling: the change is alpha / r times."))
    n_layers: int = field(default=1, metadata=_help("Layers of the circuit."))
    variant: str = field(default="ABC", metadata=_help("A: MPO, B: MLP, C: circuit, D-F: SiLU."))
    init: str = field(default="lora", metadata=_help("'origin': the authors', 'lora': like LoRA."))
    dropout: float = field(default=0.0, metadata=_help("Dropout on the layer's input."))
    mpo_width: int = field(default=32, metadata=_help("M, the width between MPO and MLP."))
    mpo_bond: int = field(default=4, metadata=_help("Bond dimension of the MPO."))
    mpo_factors: dict[str, list[int]] = field(
        default_factory=dict,
        metadata=_help("Own factors of a dimension, e.g. {'576': [6, 6, 4, 4]}."),
    )
    backend: str = field(default="statevector", metadata=_help("Where the circuit runs."))
    target_modules: list[str] | str | None = field(
        default=None, metadata=_help("Names of the linear layers to adapt, or a regex.")
    )
    exclude_modules: list[str] | str | None = field(
        default=None, metadata=_help("Names of linear layers to leave out, or a regex.")
    )
    layers_to_transform: list[int] | int | None = field(
        default=None, metadata=_help("Indexes of the blocks to adapt; all by default.")
    )
    layers_pattern: list[str] | str | None = field(
        default=None, metadata=_help("Name of the module list that the indexes count.")
    )
    modules_to_save: list[str] | None = field(
        default=None, metadata=_help("Modules trained in full and saved along.")
    )

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[no-untyped-call]
        self.peft_type = _QTHA
        for name in ("target_modules", "exclude_modules"):
            value: Any = getattr(self, name)
            if isinstance(value, list):
                setattr(self, name, set(value))
        if self.variant not in VARIANTS:
            raise OptionError("variant", f"{self.variant!r} is unknown", ", ".join(VARIANTS))
        if self.init not in INITS:
            raise OptionError("init", f"{self.init!r} is unknown", ", ".join(INITS))
        for name in ("r", "n_layers", "mpo_width", "mpo_bond"):
            if getattr(self, name) < 1:
                raise OptionError(name, "is too small", "a whole number from 1")
        if not 0 <= self.dropout < 1:
            raise OptionError("dropout", "is out of range", "0 to below 1")
