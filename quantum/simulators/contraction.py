"""The per-sample half of the light-cone simulator: tables against Bloch vectors.

For each cone, value = Σ table[left, right] · L[left] · R[right], where L and R are products of the
operators' values (1, sin h, cos h) on the qubits of the cone. Samples run along the last axis, so
every operation is a long vector operation or a matrix product. This module knows nothing about
circuits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quantum.simulators.constants import constant


class Layout(NamedTuple):
    """Where the operators of each cone come from.

    Attributes:
        inputs: Per cone position the input index of every cone, each of shape ``(cones,)``.
        sizes: Per cone position 2 (operators 1, Z) or 3 (operators 1, X, Z).
        split: Number of positions that form the left factor.
        inverses: Per cone position the cone of every input, or ``None`` if the cones' inputs are
            no permutation of ``0 … cones - 1``.
    """

    inputs: tuple[NDArray[np.int64], ...]
    sizes: tuple[int, ...]
    split: int
    inverses: tuple[NDArray[np.int64] | None, ...]

    @classmethod
    def of(
        cls, inputs: tuple[NDArray[np.int64], ...], sizes: tuple[int, ...], split: int
    ) -> Layout:
        """A layout with its inverses."""
        orders = [np.argsort(index) for index in inputs]
        inverses = tuple(
            order if np.array_equal(index[order], np.arange(len(index))) else None
            for index, order in zip(inputs, orders, strict=True)
        )
        return cls(inputs, sizes, split, inverses)


def contract(layout: Layout, inputs: Tensor, table: Tensor) -> Tensor:
    """Evaluate all cones for a batch.

    Args:
        layout: Operators of the cones.
        inputs: Encoding angles, shape ``(batch, n_inputs)``, radians.
        table: Coefficients, shape ``(cones, left terms, right terms)``.

    Returns:
        Shape ``(batch, cones)``. Differentiable once in inputs and table.
    """
    values: Tensor = _Contract.apply(layout, inputs, table)  # type: ignore[no-untyped-call]
    return values


def _bloch(inputs: Tensor) -> Tensor:
    """Values of 1, X, Z after RY(h)|0>, shape ``(n_inputs, 3, batch)``."""
    h = inputs.t()
    bloch = h.new_empty(h.shape[0], 3, h.shape[1])
    bloch[:, 0] = 1
    torch.sin(h, out=bloch[:, 1])
    torch.cos(h, out=bloch[:, 2])
    return bloch


def _operators(layout: Layout, bloch: Tensor) -> list[Tensor]:
    """Per position the operators' values, each ``(cones, size, batch)``."""
    rows = {2: bloch[:, ::2], 3: bloch}
    return [
        rows[size].index_select(0, constant(index, bloch))
        for index, size in zip(layout.inputs, layout.sizes, strict=True)
    ]


def _prefixes(factors: list[Tensor]) -> list[Tensor]:
    """Products of the first 1, 2, … factors, each ``(cones, terms, batch)``."""
    products = factors[:1]
    for factor in factors[1:]:
        products.append((products[-1].unsqueeze(2) * factor.unsqueeze(1)).flatten(1, 2))
    return products


def _product_backward(grad: Tensor, factors: list[Tensor], prefixes: list[Tensor]) -> list[Tensor]:
    """Gradients of the factors from the gradient of their product, last factor first."""
    gradients = []
    for factor, prefix in zip(factors[:0:-1], prefixes[-2::-1], strict=True):
        cones, size, batch = factor.shape
        grad = grad.view(cones, -1, size, batch)  # (cones, prefix terms, size, batch)
        gradients.append((grad * prefix.unsqueeze(2)).sum(1))
        grad = (grad * factor.unsqueeze(1)).sum(2)
    return [*gradients, grad]


class _Contract(torch.autograd.Function):
    """Forward keeps its arguments only; backward builds the products again."""

    @staticmethod
    def forward(ctx: Any, layout: Layout, inputs: Tensor, table: Tensor) -> Tensor:
        ctx.layout = layout
        ctx.save_for_backward(inputs, table)
        factors = _operators(layout, _bloch(inputs))
        left = _prefixes(factors[: layout.split])[-1]
        values = table.transpose(1, 2) @ left  # (cones, right terms, batch)
        if layout.split < len(factors):
            values = values * _prefixes(factors[layout.split :])[-1]
        return values.sum(1).t()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        layout: Layout = ctx.layout
        inputs, table = ctx.saved_tensors
        bloch = _bloch(inputs)
        factors = _operators(layout, bloch)
        lefts, rights = factors[: layout.split], factors[layout.split :]
        left = _prefixes(lefts)
        grad = grads[0].t().unsqueeze(1)  # (cones, 1, batch)
        by_position: list[Tensor] = []
        if rights:
            right = _prefixes(rights)
            grad_right = (table.transpose(1, 2) @ left[-1]) * grad
            by_position += _product_backward(grad_right, rights, right)
            grad = right[-1] * grad  # (cones, right terms, batch)
        grad_table = left[-1] @ grad.transpose(1, 2) if ctx.needs_input_grad[2] else None
        if not ctx.needs_input_grad[1]:
            return None, None, grad_table
        by_position += _product_backward(table @ grad, lefts, left)
        order = [*range(len(factors) - 1, layout.split - 1, -1), *range(layout.split - 1, -1, -1)]
        total = torch.zeros_like(bloch)
        rows = {2: total[:, ::2], 3: total}
        for position, part in zip(order, by_position, strict=True):
            target, inverse = rows[layout.sizes[position]], layout.inverses[position]
            if inverse is not None and len(inverse) == len(target):  # much faster than index_add_
                target += part.index_select(0, constant(inverse, bloch))
            else:
                target.index_add_(0, constant(layout.inputs[position], bloch), part)
        grad_inputs = torch.zeros_like(inputs)
        grad_inputs.copy_((total[:, 1] * bloch[:, 2] - total[:, 2] * bloch[:, 1]).t())
        return None, grad_inputs, grad_table
