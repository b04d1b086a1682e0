"""The arithmetic of QGS for one linear layer: two vectors of scalings.

    y = (1 + u) ∘ W0 ((1 + g) ∘ x)

``input``: u is trained and g = s Γ (z − z0). ``output``: u = s Γ (z − z0) and g = 0. Γ has rows of
length one, frozen and made from the seed. Ours, METHODS section 2, which adds the two changes,
``dW = diag(u) W0 + W0 diag(g)``; here they are multiplied, which is the same up to ``diag(u) W0
diag(g)`` and needs one product with W0 instead of two. This module knows nothing about PEFT.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quantum.adapters.kept import KeepingModule
from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.options import FIXED_CIRCUIT
from quantum.adapters.qgs.signs import FrozenMap

_START_SCALE = 0.1

Scalings = tuple[Tensor | None, Tensor | None]


class QGSCell(KeepingModule):
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
        object.__setattr__(self, "block", block)  # a plain reference: the angles live once
        self.block: QGSBlock
        start = 0.0 if config.control in FIXED_CIRCUIT else _START_SCALE
        self.s = nn.Parameter(torch.tensor([start]))
        self.u = nn.Parameter(torch.zeros(out_features)) if config.form == "input" else None
        rows = out_features if config.form == "output" else in_features
        self._map = FrozenMap(f"qgs/{config.seed}/{name}", rows, block.n_values)  # Γ

    def scalings(self) -> Scalings:
        """``(u, g)`` of shapes ``(d_out,)`` and ``(d_in,)``, float32; ``None`` for a zero."""
        parts = [self.s, *(() if self.u is None else (self.u,)), *self.block.parts()]
        # Computing may run circuits, which changes what the block remembers.
        return self.kept(self._compute, *parts, also=lambda: self.block.bank.live)

    def _compute(self) -> Scalings:
        generated = self.s.float() * (self._map.on(self.s.device) @ self.block.change())
        if self.u is None:
            return generated, None
        return self.u.float(), generated
