"""QGS's tuner layer: a linear layer with scaled inputs and outputs.

It leaves PEFT's rules to ``tuner.py`` and the arithmetic to ``cell.py``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from quantum.adapters.precision import full_precision
from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.cell import QGSCell
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.tuner import LinearTunerLayer


class QGSLinear(LinearTunerLayer[QGSCell]):
    """A linear layer with QGS.

    ``qgs_cell`` has one cell per adapter name; ``qgs_block`` has the circuit of the transformer
    block, in the block's first targeted layer only.
    """

    title = "QGS"
    adapter_layer_names: tuple[str, ...] = ("qgs_cell", "qgs_block")
    qgs_block: nn.ModuleDict

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
        self.cells[adapter_name] = cell
        if owns_block:
            self.qgs_block[adapter_name] = block
        device = self._base_weight().device
        if device.type != "meta" and not cell.s.is_meta:
            # Not PEFT's own way: it would also cast to the base's type, too coarse for angles.
            cell.to(device)
            block.to(device)
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """``(1 + u) ∘ W0 ((1 + g) ∘ x)`` plus the base's bias, ``(…, d_out)``."""
        cells = self.cells_to_apply()
        if not cells:
            return self._base(x, *args, **kwargs)
        outer: Tensor | None = None
        inner: Tensor | None = None
        with full_precision(x):
            for cell in cells:
                u, g = cell.scalings()
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

    def _merged(self, adapter: str, weight: Tensor) -> Tensor:
        return (weight.float() * self._factors(adapter)).to(weight.dtype)

    def _unmerged(self, adapter: str, weight: Tensor) -> Tensor:
        return (weight.float() / self._factors(adapter)).to(weight.dtype)

    def _check_merged(self, adapter: str, merged: Tensor) -> None:
        super()._check_merged(adapter, merged)
        if not self._factors(adapter).all():
            raise ValueError(f"Adapter {adapter} is broken: some of its scalings are zero.")

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


def _times(product: Tensor | None, change: Tensor | None) -> Tensor | None:
    """Multiply a product of scalings by ``1 + change``; ``None`` stands for one."""
    if change is None:
        return product
    return 1 + change if product is None else product * (1 + change)
