"""GateNet's tuner layer: a linear layer that computes with its gated weight.

It leaves PEFT's rules to ``tuner.py`` and the arithmetic to ``cell.py`` and ``linear.py``.
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

from quantum.adapters.gatenet.cell import GateNetCell
from quantum.adapters.gatenet.config import GateNetConfig
from quantum.adapters.gatenet.linear import gated_linear
from quantum.adapters.precision import full_precision, product_dtype
from quantum.adapters.tuner import LinearTunerLayer


class GateNetLinear(LinearTunerLayer[GateNetCell]):
    """A linear layer with GateNet."""

    title = "GateNet"
    adapter_layer_names: tuple[str, ...] = ("gatenet_cell",)

    def make_cell(self, config: GateNetConfig) -> GateNetCell:
        """A new cell for this layer."""
        return GateNetCell(self.in_features, self.out_features, config)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The gated layer's output, ``(…, d_out)``; active adapters multiply in their order."""
        cells = self.cells_to_apply()
        if not cells:
            return self._base(x, *args, **kwargs)
        layer = self.get_base_layer()
        assert isinstance(layer, nn.Linear)
        dtype = product_dtype(x, layer.weight.dtype)
        with full_precision(x):
            scales = [scale for cell in cells if (scale := cell.scale()) is not None]
            return gated_linear(
                x.to(dtype),
                layer.weight,
                layer.bias,
                math.prod(scales[1:], start=scales[0]) if scales else None,
                [step for cell in cells for step in cell.steps],
                [matrix for cell in cells for matrix in cell.matrices()],
            )

    def _merged(self, adapter: str, weight: Tensor) -> Tensor:
        return self.cell(adapter).merged(weight)

    def _unmerged(self, adapter: str, weight: Tensor) -> Tensor:
        return self.cell(adapter).unmerged(weight)

    def get_delta_weight(self, adapter: str) -> Tensor:
        """What merging an adapter adds to the present base weight, ``(d_out, d_in)``."""
        weight = self._base_weight().data
        return self.cell(adapter).merged(weight) - weight
