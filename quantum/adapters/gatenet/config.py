"""Configuration of GateNet for PEFT. It knows nothing about layers or training."""

from __future__ import annotations

from dataclasses import dataclass

from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.tuner import TargetedConfig, described
from quantum.exceptions import OptionError

_GATENET = extend_peft_type("GATENET")


@dataclass
class GateNetConfig(TargetedConfig):
    """GateNet: a product of two-axis gates on the layer's input, after QuanTA (NeurIPS 2024).

    Raises:
        OptionError: A value is out of range.
    """

    n_axes: int = described(5, "Into how many axes an input is split.")
    orthogonal: bool = described(False, "Gates exp(K - Kᵀ): a true circuit.")
    output_scaling: bool = described(True, "Also train 1 + u on the outputs.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = _GATENET
        if not 2 <= self.n_axes <= 8:
            raise OptionError("n_axes", f"{self.n_axes} is out of range", "2 to 8")
