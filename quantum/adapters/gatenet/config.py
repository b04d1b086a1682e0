"""Configuration of GateNet for PEFT. It knows nothing about layers or training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from peft import PeftConfig

from quantum.adapters.peft_registration import extend_peft_type
from quantum.exceptions import OptionError

__all__ = ["GateNetConfig"]

_GATENET = extend_peft_type("GATENET")


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass
class GateNetConfig(PeftConfig):
    """GateNet: a product of two-axis gates on the layer's input, after QuanTA (NeurIPS 2024).

    Raises:
        OptionError: A value is out of range.
    """

    n_axes: int = field(default=5, metadata=_help("Into how many axes an input is split."))
    orthogonal: bool = field(default=False, metadata=_help("Gates exp(K - Kᵀ): a true circuit."))
    output_scaling: bool = field(default=True, metadata=_help("Also train 1 + u on the outputs."))
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
        self.peft_type = _GATENET
        for name in ("target_modules", "exclude_modules"):
            value: Any = getattr(self, name)
            if isinstance(value, list):
                setattr(self, name, set(value))
        if not 2 <= self.n_axes <= 8:
            raise OptionError("n_axes", f"{self.n_axes} is out of range", "2 to 8")
