"""The arithmetic of QGS for one linear layer: two vectors of scalings.

    y = (1 + u) ∘ W0 ((1 + g) ∘ x)

``input``: u is trained and g = s Γ (z − z0). ``output``: u = s Γ (z − z0) and g = 0. Γ has rows of
length one, frozen and made from the seed. Ours, METHODS section 2, which adds the two changes,
``dW = diag(u) W0 + W0 diag(g)``; here they are multiplied, which is the same up to ``diag(u) W0
diag(g)`` and needs one product with W0 instead of two. This module knows nothing about PEFT.
"""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from quantum.adapters.marks import mark_of
from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.signs import sign_matrix

__all__ = ["QGSCell"]

_START_SCALE = 0.1

Scalings = tuple[Tensor | None, Tensor | None]


class QGSCell(nn.Module):
    """Scalings of one linear layer; starts as an exact no-op.

    Args:
        in_features: Input width d_in.
        out_features: Output width d_out.
        block: The circuit of the transformer block; lives in the block's first targeted layer.
        name: Seed, block and layer in one text: names the frozen map.
        config: QGS's configuration.
    """

    def __init__(
        self, in_features: int, out_features: int, block: QGSBlock, name: str, config: QGSConfig
    ) -> None:
        super().__init__()
        self.form = config.form
        self.map_name = f"qgs/{config.seed}/{name}"
        self.rows = out_features if self.form == "output" else in_features
        object.__setattr__(self, "block", block)  # a plain reference: the angles live once
        self.block: QGSBlock
        start = _START_SCALE if config.control in ("trained", "free") else 0.0
        self.s = nn.Parameter(torch.tensor([start]))
        self.u = nn.Parameter(torch.zeros(out_features)) if self.form == "input" else None
        self._map: Tensor | None = None
        self._kept: tuple[object, Scalings] | None = None

    def scalings(self) -> Scalings:
        """``(u, g)`` of shapes ``(d_out,)`` and ``(d_in,)``, float32; ``None`` for a zero."""
        parts = [self.s, *(() if self.u is None else (self.u,)), *self.block.parts()]
        written = mark_of(*parts)
        if self.training or torch.is_grad_enabled() or written is None:
            self._kept = None
            return self._compute()
        if self._kept is None or self._kept[0] != (self.block.bank.live, written):
            scalings = self._compute()  # may run circuits, which changes what the block remembers
            self._kept = ((self.block.bank.live, mark_of(*parts)), scalings)
        return self._kept[1]

    def _compute(self) -> Scalings:
        generated = self.s.float() * (self._matrix() @ self.block.change())
        if self.u is None:
            return generated, None
        return self.u.float(), generated

    def _matrix(self) -> Tensor:
        """Γ, shape ``(rows, n_values)``; made at first use and kept."""
        device = self.s.device
        if self._map is None or self._map.device != device:
            with torch.inference_mode(False):
                self._map = sign_matrix(self.map_name, self.rows, self.block.n_values, device)
        return self._map

    def train(self, mode: bool = True) -> Self:
        """Change the mode and drop what inference kept."""
        self._kept = None
        return super().train(mode)
