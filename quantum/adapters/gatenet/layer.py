"""GateNet's tuner layer: wraps a linear layer and computes with its gated weight.

It knows PEFT's rules for tuner layers and leaves the arithmetic to ``cell.py`` and ``linear.py``.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer, check_adapters_to_merge
from torch import Tensor, nn

from quantum.adapters.gatenet.cell import GateNetCell
from quantum.adapters.gatenet.config import GateNetConfig
from quantum.adapters.gatenet.linear import gated_linear

__all__ = ["GateNetLayer", "GateNetLinear"]


class GateNetLayer(BaseTunerLayer):
    """The part of a GateNet layer that PEFT sees: one cell per adapter name."""

    adapter_layer_names: tuple[str, ...] = ("gatenet_cell",)
    other_param_names: tuple[str, ...] = ()

    def __init__(self, base_layer: nn.Module) -> None:
        self.base_layer = base_layer
        self.gatenet_cell = nn.ModuleDict({})
        self._disable_adapters = False
        self.merged_adapters: list[str] = []
        layer = self.get_base_layer()
        if not isinstance(layer, nn.Linear):
            raise TypeError(f"GateNet adapts torch.nn.Linear only, got {type(layer).__name__}.")
        self.in_features, self.out_features = layer.in_features, layer.out_features

    def update_layer(self, adapter_name: str, config: GateNetConfig) -> None:
        """Add a cell under an adapter name, on the base layer's device, in float32 at least."""
        self.gatenet_cell[adapter_name] = GateNetCell(self.in_features, self.out_features, config)
        self._move_adapter_to_device_of_base_layer(adapter_name)
        cell = self.cell(adapter_name)
        if cell.gates.dtype in (torch.float16, torch.bfloat16):
            cell.float()  # a change of 1e-3 on a gate is lost in 8 bits of mantissa
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def cell(self, adapter_name: str) -> GateNetCell:
        """The cell of an adapter."""
        found = self.gatenet_cell[adapter_name]
        assert isinstance(found, GateNetCell)
        return found


class GateNetLinear(nn.Module, GateNetLayer):
    """A linear layer with GateNet."""

    def __init__(self, base_layer: nn.Module, adapter_name: str, config: GateNetConfig) -> None:
        super().__init__()
        GateNetLayer.__init__(self, base_layer)
        self._active_adapter = adapter_name
        self.update_layer(adapter_name, config)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The gated layer's output, ``(…, d_out)``; active adapters multiply in their order."""
        if self.disable_adapters and self.merged:
            self.unmerge()
        cells = [self.cell(name) for name in self.active_adapters if name in self.gatenet_cell]
        if self.disable_adapters or self.merged or not cells:
            base: Tensor = self.base_layer(x, *args, **kwargs)
            return base
        layer = self.get_base_layer()
        assert isinstance(layer, nn.Linear)
        scales = [scale for cell in cells if (scale := cell.scale()) is not None]
        return gated_linear(
            x.to(layer.weight.dtype),
            layer.weight,
            layer.bias,
            math.prod(scales[1:], start=scales[0]) if scales else None,
            [step for cell in cells for step in cell.steps],
            [matrix for cell in cells for matrix in cell.matrices()],
        )

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Fold the active adapters into the base weight.

        Raises:
            ValueError: With ``safe_merge``, the merged weight has values that are not finite.
        """
        for name in check_adapters_to_merge(self, adapter_names) or []:
            if name not in self.gatenet_cell:
                continue
            weight = self._base_weight()
            merged = self.cell(name).merged(weight.data)
            if safe_merge and not torch.isfinite(merged).all():
                raise ValueError(f"Adapter {name} is broken: merged weights are not finite.")
            weight.data = merged
            self.merged_adapters.append(name)

    def unmerge(self) -> None:
        """Take all merged adapters out of the base weight again, the last one first."""
        if not self.merged:
            warnings.warn("Already unmerged. Nothing to do.", stacklevel=2)
            return
        while self.merged_adapters:
            weight = self._base_weight()
            weight.data = self.cell(self.merged_adapters[-1]).unmerged(weight.data)
            self.merged_adapters.pop()

    def _base_weight(self) -> nn.Parameter:
        weight = self.get_base_layer().weight
        assert isinstance(weight, nn.Parameter)
        return weight

    def get_delta_weight(self, adapter: str) -> Tensor:
        """What merging an adapter adds to the present base weight, ``(d_out, d_in)``."""
        weight = self._base_weight().data
        return self.cell(adapter).merged(weight) - weight

    def supports_lora_conversion(self, adapter_name: str = "default") -> bool:
        """Its change has full rank, so no."""
        return False

    def __repr__(self) -> str:
        return "gatenet." + super().__repr__()
