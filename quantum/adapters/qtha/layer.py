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


class QTHALinear(LinearTunerLayer[QTHACell]):
    """A linear layer with QTHA."""

    title = "QTHA"
    adapter_layer_names: tuple[str, ...] = ("qtha_cell",)

    def make_cell(self, config: QTHAConfig) -> QTHACell:
        """A new cell for this layer."""
        return QTHACell(self.in_features, self.out_features, config)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The base layer's output plus the change of every active adapter, ``(…, d_out)``."""
        cells = self.cells_to_apply()
        base = result = self._base(x, *args, **kwargs)
        for cell in cells:
            result = cell(x, result)
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
