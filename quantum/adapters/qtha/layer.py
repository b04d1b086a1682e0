"""QTHA's tuner layer: adds the change of its active cells to a linear layer's output.

It leaves PEFT's rules to ``tuner.py`` and the arithmetic to ``cell.py``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from quantum.adapters.qtha.cell import QTHACell
from quantum.adapters.qtha.config import QTHAConfig
from quantum.adapters.tuner import LinearTunerLayer

__all__ = ["QTHALinear"]


class QTHALinear(LinearTunerLayer):
    """A linear layer with QTHA."""

    title = "QTHA"
    adapter_layer_names: tuple[str, ...] = ("qtha_cell",)

    def update_layer(self, adapter_name: str, config: QTHAConfig, *more: Any) -> None:
        """Add a cell under an adapter name, on the base layer's device, in float32 at least."""
        self.cells[adapter_name] = QTHACell(self.in_features, self.out_features, config)
        self._move_adapter_to_device_of_base_layer(adapter_name)
        cell = self.cell(adapter_name)
        if cell.cw.dtype in (torch.float16, torch.bfloat16):
            cell.float()  # circuits need more than 8 bits of mantissa
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def cell(self, adapter_name: str) -> QTHACell:
        """The cell of an adapter."""
        found = self.cells[adapter_name]
        assert isinstance(found, QTHACell)
        return found

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The base layer's output plus the change of every active adapter, ``(…, d_out)``."""
        if self.disable_adapters and self.merged:
            self.unmerge()
        base = self._base(x, *args, **kwargs)
        if self.disable_adapters or self.merged:
            return base
        result = base
        for name in self.active_adapters:
            if name in self.cells:
                result = self.cell(name)(x, result)
        return result.to(base.dtype)

    def _merged(self, adapter: str, weight: Tensor) -> Tensor:
        return weight + self.get_delta_weight(adapter).to(weight.dtype)

    def _unmerged(self, adapter: str, weight: Tensor) -> Tensor:
        return weight - self.get_delta_weight(adapter).to(weight.dtype)

    def get_delta_weight(self, adapter: str) -> Tensor:
        """The change as a weight, ``(d_out, d_in)``; see ``QTHACell.delta_weight``."""
        with torch.no_grad():
            return self.cell(adapter).delta_weight()

    def supports_lora_conversion(self, adapter_name: str = "default") -> bool:
        """Only the linear variant could be written as LoRA."""
        return self.cell(adapter_name).variant == "AB"
