"""The trained numbers of GateNet for one linear layer, as a plain torch module.

    W' = diag(1 + u) W0 T,   T = product over pairs of axes (a, b) of G_ab

with G_ab = I + K_ab, or exp(K_ab - K_ab^T) where it is orthogonal (K_ab strictly lower triangular,
since only the difference counts). K = 0 and u = 0 at the start: W' = W0 exactly. This module knows
nothing about PEFT. All gates lie in one flat parameter, so that the optimizer has two tensors a
layer and not eleven.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quantum.adapters.gatenet.config import GateNetConfig
from quantum.adapters.gatenet.linear import gated_weight
from quantum.adapters.gatenet.options import gatenet_axes, gatenet_module_count, gatenet_pairs
from quantum.adapters.gatenet.steps import fuse, plan_steps
from quantum.adapters.kept import KeepingModule
from quantum.exceptions import MergeNotPossibleError


class GateNetCell(KeepingModule):
    """Gates on a layer's input and a scaling of its output.

    Args:
        in_features: Input width d_in.
        out_features: Output width d_out.
        config: GateNet's configuration.

    Raises:
        OptionError: The input width cannot be split into axes.
    """

    def __init__(self, in_features: int, out_features: int, config: GateNetConfig) -> None:
        super().__init__()
        self.orthogonal = config.orthogonal
        axes = gatenet_axes(in_features, config.n_axes)
        self.steps = plan_steps(axes)
        self.sides = [axes[a] * axes[b] for a, b in gatenet_pairs(axes)]
        count = gatenet_module_count(
            out_features,
            in_features,
            n_axes=config.n_axes,
            orthogonal=config.orthogonal,
            output_scaling=False,
        )
        self.gates = nn.Parameter(torch.zeros(count))
        self.register_parameter("u", None)
        if config.output_scaling:
            self.u = nn.Parameter(torch.zeros(out_features))

    def scale(self) -> Tensor | None:
        """``1 + u``, shape ``(d_out,)``, or ``None`` without output scaling."""
        return None if self.u is None else 1 + self.u

    def gate_matrices(self) -> list[Tensor]:
        """The gates G_ab in the order of the pairs, each ``(a b, a b)``, differentiable."""
        if self.orthogonal:
            return self._rotations()
        flat = torch.split(self.gates, [side * side for side in self.sides])
        return [
            block.view(side, side) + torch.eye(side, dtype=block.dtype, device=block.device)
            for block, side in zip(flat, self.sides, strict=True)
        ]

    def _rotations(self) -> list[Tensor]:
        flat = torch.split(self.gates, [side * (side - 1) // 2 for side in self.sides])
        gates: list[Tensor] = [self.gates] * len(self.sides)
        for side in set(self.sides):  # one matrix exponential for all gates of a size
            where = [i for i, other in enumerate(self.sides) if other == side]
            values = torch.stack([flat[i] for i in where])  # (gates, side (side - 1) / 2)
            lower = values.new_zeros(len(where), side, side)
            row, column = torch.tril_indices(side, side, -1, device=values.device)
            lower[:, row, column] = values
            for i, matrix in zip(where, torch.matrix_exp(lower - lower.mT), strict=True):
                gates[i] = matrix
        return gates

    def matrices(self) -> tuple[Tensor, ...]:
        """One matrix for each step; in inference they are kept while the gates stay."""
        return self.kept(self._fused, self.gates)

    def _fused(self) -> tuple[Tensor, ...]:
        gates = iter(self.gate_matrices())
        return tuple(fuse(step, [next(gates) for _ in step.pairs]) for step in self.steps)

    @torch.no_grad()
    def merged(self, weight: Tensor) -> Tensor:
        """``diag(1 + u) W T`` in the weight's dtype, shape ``(d_out, d_in)``."""
        return gated_weight(weight, self.scale(), self.steps, self._fused()).to(weight.dtype)

    @torch.no_grad()
    def unmerged(self, weight: Tensor) -> Tensor:
        """What ``merged`` was given, up to rounding; computed in float64.

        Raises:
            MergeNotPossibleError: The transform has no inverse.
        """
        scale = self.scale()
        inverses = [torch.linalg.inv_ex(matrix.double()) for matrix in reversed(self._fused())]
        singular = any(bool(info) for _, info in inverses)
        if singular or (scale is not None and bool((scale == 0).any())):
            raise MergeNotPossibleError(
                "This GateNet adapter cannot be taken out of the weights again: one of its gates "
                "or output scales has no inverse. Load the base model anew."
            )
        plain = weight.double() if scale is None else weight.double() / scale.double()[:, None]
        steps = tuple(reversed(self.steps))
        return gated_weight(plain, None, steps, [inv for inv, _ in inverses]).to(weight.dtype)
