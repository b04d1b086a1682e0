"""QGS's tuner layer: wraps a linear layer and scales its inputs and outputs.

It knows PEFT's rules for tuner layers and leaves the arithmetic to ``cell.py``.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer, check_adapters_to_merge
from torch import Tensor, nn

from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.cell import QGSCell
from quantum.adapters.qgs.config import QGSConfig

__all__ = ["QGSLayer", "QGSLinear"]


class QGSLayer(BaseTunerLayer):
    """The part of a QGS layer that PEFT sees.

    ``qgs_cell`` has one cell per adapter name; ``qgs_block`` has the circuit of the transformer
    block, in the block's first targeted layer only.
    """

    adapter_layer_names: tuple[str, ...] = ("qgs_cell", "qgs_block")
    other_param_names: tuple[str, ...] = ()

    def __init__(self, base_layer: nn.Module) -> None:
        self.base_layer = base_layer
        self.qgs_cell = nn.ModuleDict({})
        self.qgs_block = nn.ModuleDict({})
        self._disable_adapters = False
        self.merged_adapters: list[str] = []
        layer = self.get_base_layer()
        if not isinstance(layer, nn.Linear):
            raise TypeError(f"QGS adapts torch.nn.Linear only, got {type(layer).__name__}.")
        self.in_features, self.out_features = layer.in_features, layer.out_features

    def update_layer(
        self, adapter_name: str, config: QGSConfig, name: str, block: QGSBlock, owns_block: bool
    ) -> None:
        """Add a cell under an adapter name, on the base layer's device, in float32.

        Args:
            adapter_name: The adapter's name.
            config: Its configuration.
            name: Block and layer, to seed the frozen map.
            block: The block's circuit.
            owns_block: Whether the circuit lives here.
        """
        cell = QGSCell(self.in_features, self.out_features, block, name, config)
        self.qgs_cell[adapter_name] = cell
        if owns_block:
            self.qgs_block[adapter_name] = block
        device = self._base_weight().device
        if device.type != "meta" and not cell.s.is_meta:
            # Not PEFT's own way: it would also cast to the base's type, too coarse for angles.
            cell.to(device)
            block.to(device)
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def cell(self, adapter_name: str) -> QGSCell:
        """The cell of an adapter."""
        found = self.qgs_cell[adapter_name]
        assert isinstance(found, QGSCell)
        return found

    def _base_weight(self) -> nn.Parameter:
        weight = self.get_base_layer().weight
        assert isinstance(weight, nn.Parameter)
        return weight


class QGSLinear(nn.Module, QGSLayer):
    """A linear layer with QGS."""

    def __init__(
        self,
        base_layer: nn.Module,
        adapter_name: str,
        config: QGSConfig,
        name: str,
        block: QGSBlock,
        owns_block: bool,
    ) -> None:
        super().__init__()
        QGSLayer.__init__(self, base_layer)
        self._active_adapter = adapter_name
        self.update_layer(adapter_name, config, name, block, owns_block)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """``(1 + u) ∘ W0 ((1 + g) ∘ x)`` plus the base's bias, ``(…, d_out)``."""
        if self.disable_adapters and self.merged:
            self.unmerge()
        active = [name for name in self.active_adapters if name in self.qgs_cell]
        if self.disable_adapters or self.merged or not active:
            return self._base(x, *args, **kwargs)
        outer: Tensor | None = None
        inner: Tensor | None = None
        for name in active:
            u, g = self.cell(name).scalings()
            outer, inner = _times(outer, u), _times(inner, g)
        if inner is not None:
            x = (x * inner).to(x.dtype)
        base = self._base(x, *args, **kwargs)
        if outer is None:
            return base
        scaled = base * outer
        if self.bias is not None:
            scaled = scaled - (outer - 1) * self.bias
        return scaled.to(base.dtype)

    def _base(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        found: Tensor = self.base_layer(x, *args, **kwargs)
        return found

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Scale the base weight's rows and columns by the active adapters.

        Raises:
            ValueError: With ``safe_merge``, the merged weight has values that are not finite, or a
                scaling is zero, so that it could not be taken out again.
        """
        for name in check_adapters_to_merge(self, adapter_names) or []:
            if name not in self.qgs_cell:
                continue
            weight, factors = self._base_weight(), self._factors(name)
            merged = (weight.data.float() * factors).to(weight.dtype)
            if safe_merge and not (torch.isfinite(merged).all() and factors.all()):
                raise ValueError(f"Adapter {name} is broken: its scalings are zero or not finite.")
            weight.data = merged
            self.merged_adapters.append(name)

    def unmerge(self) -> None:
        """Take all merged adapters out of the base weight again."""
        if not self.merged:
            warnings.warn("Already unmerged. Nothing to do.", stacklevel=2)
            return
        while self.merged_adapters:
            weight, factors = self._base_weight(), self._factors(self.merged_adapters.pop())
            weight.data = (weight.data.float() / factors).to(weight.dtype)

    @torch.no_grad()
    def _factors(self, adapter: str) -> Tensor:
        """What the weight is multiplied with, number by number, ``(d_out, d_in)``."""
        u, g = self.cell(adapter).scalings()
        weight = self._base_weight()
        rows = torch.ones(self.out_features, 1, device=weight.device)
        if u is not None:
            rows = rows + u.unsqueeze(1)
        columns = torch.ones(1, self.in_features, device=weight.device)
        if g is not None:
            columns = columns + g.unsqueeze(0)
        return rows * columns

    def get_delta_weight(self, adapter: str) -> Tensor:
        """The change of the unmerged base weight, ``(d_out, d_in)``."""
        with torch.no_grad():
            return self._base_weight().float() * (self._factors(adapter) - 1)

    def __repr__(self) -> str:
        return "qgs." + super().__repr__()


def _times(product: Tensor | None, change: Tensor | None) -> Tensor | None:
    """Multiply a product of scalings by ``1 + change``; ``None`` stands for one."""
    if change is None:
        return product
    return 1 + change if product is None else product * (1 + change)
