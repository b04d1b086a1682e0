"""QTHA's tuner layer: wraps a linear layer and adds the change of its active cells.

It knows PEFT's rules for tuner layers and leaves the arithmetic to ``cell.py``.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer, check_adapters_to_merge
from torch import Tensor, nn

from quantum.adapters.qtha.cell import QTHACell
from quantum.adapters.qtha.config import QTHAConfig

__all__ = ["QTHALayer", "QTHALinear"]


class QTHALayer(BaseTunerLayer):
    """The part of a QTHA layer that PEFT sees: one cell per adapter name."""

    adapter_layer_names: tuple[str, ...] = ("qtha_cell",)
    other_param_names: tuple[str, ...] = ()

    def __init__(self, base_layer: nn.Module) -> None:
        self.base_layer = base_layer
        self.qtha_cell = nn.ModuleDict({})
        self._disable_adapters = False
        self.merged_adapters: list[str] = []
        layer = self.get_base_layer()
        if not isinstance(layer, nn.Linear):
            raise TypeError(f"QTHA adapts torch.nn.Linear only, got {type(layer).__name__}.")
        self.in_features, self.out_features = layer.in_features, layer.out_features

    def update_layer(self, adapter_name: str, config: QTHAConfig) -> None:
        """Add a cell under an adapter name, on the base layer's device, in float32 at least."""
        self.qtha_cell[adapter_name] = QTHACell(self.in_features, self.out_features, config)
        self._move_adapter_to_device_of_base_layer(adapter_name)
        cell = self.cell(adapter_name)
        if cell.cw.dtype in (torch.float16, torch.bfloat16):
            cell.float()  # circuits need more than 8 bits of mantissa
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def cell(self, adapter_name: str) -> QTHACell:
        """The cell of an adapter."""
        found = self.qtha_cell[adapter_name]
        assert isinstance(found, QTHACell)
        return found


class QTHALinear(nn.Module, QTHALayer):
    """A linear layer with QTHA."""

    def __init__(self, base_layer: nn.Module, adapter_name: str, config: QTHAConfig) -> None:
        super().__init__()
        QTHALayer.__init__(self, base_layer)
        self._active_adapter = adapter_name
        self.update_layer(adapter_name, config)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The base layer's output plus the change of every active adapter, ``(…, d_out)``."""
        if self.disable_adapters and self.merged:
            self.unmerge()
        base: Tensor = self.base_layer(x, *args, **kwargs)
        if self.disable_adapters or self.merged:
            return base
        result = base
        for name in self.active_adapters:
            if name in self.qtha_cell:
                result = self.cell(name)(x, result)
        return result.to(base.dtype)

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Add the active adapters to the base weight; only variant AB can.

        Raises:
            MergeNotPossibleError: The variant is not linear.
            ValueError: With ``safe_merge``, the merged weight has values that are not finite.
        """
        for name in check_adapters_to_merge(self, adapter_names) or []:
            if name not in self.qtha_cell:
                continue
            weight = self._base_weight()
            merged = weight.data + self.get_delta_weight(name).to(weight.dtype)
            if safe_merge and not torch.isfinite(merged).all():
                raise ValueError(f"Adapter {name} is broken: merged weights are not finite.")
            weight.data = merged
            self.merged_adapters.append(name)

    def unmerge(self) -> None:
        """Take all merged adapters out of the base weight again."""
        if not self.merged:
            warnings.warn("Already unmerged. Nothing to do.", stacklevel=2)
            return
        while self.merged_adapters:
            name = self.merged_adapters.pop()
            weight = self._base_weight()
            weight.data = weight.data - self.get_delta_weight(name).to(weight.dtype)

    def _base_weight(self) -> nn.Parameter:
        weight = self.get_base_layer().weight
        assert isinstance(weight, nn.Parameter)
        return weight

    def get_delta_weight(self, adapter: str) -> Tensor:
        """The change as a weight, ``(d_out, d_in)``; see ``QTHACell.delta_weight``."""
        with torch.no_grad():
            return self.cell(adapter).delta_weight()

    def supports_lora_conversion(self, adapter_name: str = "default") -> bool:
        """Only the linear variant could be written as LoRA."""
        return self.cell(adapter_name).variant == "AB"

    def __repr__(self) -> str:
        return "qtha." + super().__repr__()
