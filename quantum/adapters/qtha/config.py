"""Configuration of QTHA for PEFT. It knows nothing about layers or training."""

from __future__ import annotations

from dataclasses import dataclass

from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.qtha.options import INITS, VARIANTS, check_control
from quantum.adapters.tuner import TargetedConfig, described
from quantum.exceptions import OptionError

_QTHA = extend_peft_type("QTHA")


@dataclass
class QTHAConfig(TargetedConfig):
    """Quantum Tensor Hybrid Adaptation, arXiv 2503.12790.

    Raises:
        OptionError: A value is out of range.
    """

    r: int = described(8, "Rank, which is also the number of qubits.")
    alpha: float = described(16.0, "Scaling: the change is alpha / r times.")
    n_layers: int = described(1, "Layers of the circuit.")
    variant: str = described("ABC", "A: MPO, B: MLP, C: circuit, D-F: SiLU.")
    control: str = described("trained", "What stands in the circuit's place (variants with C).")
    init: str = described("lora", "'origin': the authors', 'lora': like LoRA.")
    dropout: float = described(0.0, "Dropout on the layer's input.")
    mpo_width: int = described(32, "M, the width between MPO and MLP.")
    mpo_bond: int = described(4, "Bond dimension of the MPO.")
    mpo_factors: dict[str, list[int]] = described(
        {}, "Own factors of a dimension, e.g. {'576': [6, 6, 4, 4]}."
    )
    backend: str = described("statevector", "Where the circuit runs.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = _QTHA
        if self.variant not in VARIANTS:
            raise OptionError("variant", f"{self.variant!r} is unknown", ", ".join(VARIANTS))
        if self.init not in INITS:
            raise OptionError("init", f"{self.init!r} is unknown", ", ".join(INITS))
        check_control(self.control, self.n_layers if "C" in self.variant else 1)
        for name in ("r", "n_layers", "mpo_width", "mpo_bond"):
            if getattr(self, name) < 1:
                raise OptionError(name, "is too small", "a whole number from 1")
        if not 0 <= self.dropout < 1:
            raise OptionError("dropout", "is out of range", "0 to below 1")
