"""A product of gates as a few matrices on groups of axes, and how it meets the rows of a matrix.

One pass over a weight for every gate would spend its time moving memory. So neighbouring gates are
fused into one matrix on the union of their axes where that is cheaper. This module knows nothing
about layers, adapters or autograd; all gradients here are written by hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from quantum.adapters.gatenet.options import gatenet_pairs

PASS_COST = 100
"""What moving a row through memory costs, in multiplications per number (measured on a CPU)."""


@dataclass(frozen=True)
class Step:
    """One fused matrix of a product.

    Attributes:
        axes: Sizes of all axes of a row.
        acted: Indexes of the axes it acts on, rising.
        pairs: The gates in it, in order.
    """

    axes: tuple[int, ...]
    acted: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Rows of its matrix."""
        return math.prod(self.axes[i] for i in self.acted)

    @property
    def order(self) -> tuple[int, ...]:
        """The axes in the order that puts those it acts on last."""
        return (*(i for i in range(len(self.axes)) if i not in self.acted), *self.acted)


@cache
def plan_steps(axes: tuple[int, ...]) -> tuple[Step, ...]:
    """Group the gates on all pairs of axes, in order, at the least cost of applying them.

    >>> [step.size for step in plan_steps((4, 4, 4, 3, 3))]
    [64, 36, 144]
    """
    pairs = gatenet_pairs(axes)
    best: list[tuple[int, tuple[Step, ...]]] = [(0, ())]
    for end in range(1, len(pairs) + 1):
        options = []
        for start in range(end):
            acted = tuple(sorted({i for pair in pairs[start:end] for i in pair}))
            step = Step(axes, acted, pairs[start:end])
            cost, steps = best[start]
            options.append((cost + step.size + PASS_COST, (*steps, step)))
        best.append(min(options, key=lambda option: option[0]))
    return best[-1][1]


def work_per_row(steps: Sequence[Step]) -> int:
    """Cost of taking one row through a training step, in multiplications per number of the row.

    Forward, recomputation, the gradient's way back and the matrices' gradients: four passes.
    """
    return 4 * sum(step.size + PASS_COST for step in steps)


def apply_steps(rows: Tensor, steps: Sequence[Step], matrices: Sequence[Tensor]) -> Tensor:
    """``rows @ (M_1 M_2 …)``, each matrix acting on its step's axes.

    Args:
        rows: Shape ``(n, product of axes)``.
        steps: The steps, first to act first.
        matrices: One ``(size, size)`` matrix for each step.

    Returns:
        Same shape as ``rows``.
    """
    at: Step | None = None
    for step, matrix in zip(steps, matrices, strict=True):
        rows = _act(_turn(rows, at, step), step, matrix)
        at = step
    return _turn(rows, at, None)


def step_inputs(rows: Tensor, steps: Sequence[Step], matrices: Sequence[Tensor]) -> list[Tensor]:
    """What every step of ``apply_steps`` acts on, in the step's own order of axes."""
    inputs = [_turn(rows, None, steps[0])]
    for step, after, matrix in zip(steps, steps[1:], matrices, strict=False):
        inputs.append(_turn(_act(inputs[-1], step, matrix), step, after))
    return inputs


def last_result(inputs: list[Tensor], steps: Sequence[Step], matrices: Sequence[Tensor]) -> Tensor:
    """What ``apply_steps`` returns, from ``step_inputs``."""
    return _turn(_act(inputs[-1], steps[-1], matrices[-1]), steps[-1], None)


def pull_back(
    grad: Tensor,
    steps: Sequence[Step],
    matrices: Sequence[Tensor],
    inputs: list[Tensor],
    *,
    to_rows: bool,
) -> tuple[list[Tensor], Tensor | None]:
    """Gradients of a loss with respect to the matrices and the rows.

    Args:
        grad: The loss's gradient with respect to the result.
        steps: The steps.
        matrices: Their matrices.
        inputs: From ``forward_states``; emptied on the way, so that memory is freed early.
        to_rows: Whether the rows' gradient is wanted.

    Returns:
        One gradient for each matrix, and the rows' gradient or ``None``.
    """
    at: Step | None = None
    to_matrices: list[Tensor] = []
    for index in reversed(range(len(steps))):
        step = steps[index]
        grad = _turn(grad, at, step)
        flat = grad.view(-1, step.size)
        to_matrices.append(inputs.pop().view(-1, step.size).t() @ flat)
        if index or to_rows:
            grad = _act(grad, step, matrices[index].t())
        at = step
    return to_matrices[::-1], _turn(grad, at, None) if to_rows else None


def _act(rows: Tensor, step: Step, matrix: Tensor) -> Tensor:
    return (rows.view(-1, step.size) @ matrix).view(rows.shape)


def _turn(rows: Tensor, at: Step | None, to: Step | None) -> Tensor:
    """Reorder the axes of rows from one step's order to another's; ``None`` is the natural one."""
    if at is not None and to is not None and at.axes != to.axes:
        return _turn(_turn(rows, at, None), None, to)
    step = at or to
    if step is None:
        return rows
    natural = tuple(range(len(step.axes)))
    old, new = at.order if at else natural, to.order if to else natural
    if old == new:
        return rows.contiguous()
    sizes = [step.axes[i] for i in old]
    turned = rows.reshape(-1, *sizes).permute(0, *(old.index(i) + 1 for i in new))
    return turned.reshape(rows.shape)  # (n, product of axes)


def fuse(step: Step, gates: Sequence[Tensor]) -> Tensor:
    """The matrix of a step: its gates multiplied, differentiable in them.

    Args:
        step: The step.
        gates: One square matrix for each of its pairs.

    Returns:
        Shape ``(size, size)``.
    """
    axes = tuple(step.axes[i] for i in step.acted)
    matrix = torch.eye(step.size, dtype=gates[0].dtype, device=gates[0].device)
    for (a, b), gate in zip(step.pairs, gates, strict=True):
        small = Step(axes, (step.acted.index(a), step.acted.index(b)), ())
        matrix = apply_steps(matrix, (small,), (gate,))
    return matrix
