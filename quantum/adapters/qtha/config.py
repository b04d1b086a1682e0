"""Configuration of QTHA for PEFT. It knows nothing about layers or training."""

from __future__ import annotations

from dataclasses import dataclass, field

from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.qtha.options import INITS, VARIANTS
from quantum.adapters.tuner import TargetedConfig, option_help
from quantum.exceptions import OptionError

__all__ = ["QTHAConfig"]

_QTHA = extend_peft_type("QTHA")


@dataclass
class QTHAConfig(TargetedConfig):
    """Quantum Tensor Hybrid Adaptation, arXiv 2503.12790.

    Raises:
        OptionError: A value is out of range.
    """

    r: int = field(default=8, metadata=option_help("Rank, which is also the number of qubits."))
    alpha: float = field(
        default=16.0, metadata=option_help("Scaling: the change is alpha / r times.")
    )
    n_layers: int = field(default=1, metadata=option_help("Layers of the circuit."))
    variant: str = field(
        default="ABC", metadata=option_help("A: MPO, B: MLP, C: circuit, D-F: SiLU.")
    )
    init: str = field(
        default="lora", metadata=option_help("'origin': the authors', 'lora': like LoRA.")
    )
    dropout: float = field(default=0.0, metadata=option_help("Dropout on the layer's input."))
    mpo_width: int = field(default=32, metadata=option_help("M, the width between MPO and MLP."))
    mpo_bond: int = field(default=4, metadata=option_help("Bond dimension of the MPO."))
    mpo_factors: dict[str, list[int]] = field(
        default_factory=dict,
        metadata=option_help("Own factors of a dimension, e.g. {'576': [6, 6, 4, 4]}."),
    )
    backend: str = field(default="statevector", metadata=option_help("Where the circuit runs."))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = _QTHA
        if self.variant not in VARIANTS:
            raise OptionError("variant", f"{self.variant!r} is unknown", ", ".join(VARIANTS))
        if self.init not in INITS:
            raise OptionError("init", f"{self.init!r} is unknown", ", ".join(INITS))
        for name in ("r", "n_layers", "mpo_width", "mpo_bond"):
            if getattr(self, name) < 1:
                raise OptionError(name, "is too small", "a whole number from 1")
        if not 0 <= self.dropout < 1:
            raise OptionError("dropout", "is out of range", "0 to below 1")
