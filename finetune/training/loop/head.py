"""The output layer with its cross-entropy, a few positions at a time.

With a vocabulary of 49,152 the logits of a step are its largest tensor, and plain autograd keeps
them twice until the way back. Here a few rows are computed at once, and with them their part of the
gradient, so that nothing of that size ever stands in memory, and no product is done again.

Knows nothing of models but their output layer.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from finetune.training.computing.fused import agrees, fused_loss, runs_here
from quantum.adapters.precision import full_precision, product_dtype

LOGITS = 2**23
"""Logits that are computed at once: 32 MB in float32."""


def is_frozen(head: Any) -> bool:
    """Tell whether a model's output layer is one that `head_loss` takes: linear, plain, frozen."""
    return type(head) is nn.Linear and head.bias is None and not head.weight.requires_grad


def head_loss(
    hidden: Tensor, head: nn.Linear, goal: Tensor, *, fused: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the summed cross-entropy, in nats, and how often the likeliest token is right.

    Args:
        hidden: What the output layer reads, (positions, width).
        head: The output layer, (vocabulary, width), frozen.
        goal: The ids to predict, (positions,), int64.
        fused: In one kernel (`computing.fused`), where the run has found that it gives the same.

    Returns:
        A float32 scalar with a graph to `hidden`, and an int64 scalar.
    """
    dtype = product_dtype(hidden, hidden.dtype)
    with full_precision(hidden):
        if fused and len(goal):
            return fused_loss(hidden.to(dtype), head.weight.to(dtype), goal)
        total, correct, _ = _HeadLoss.apply(hidden, head.weight, goal, dtype)  # type: ignore[no-untyped-call]
    return total, correct


def head_losses(hidden: Tensor, head: nn.Linear, goal: Tensor) -> Tensor:
    """Return the cross-entropy of each position, in nats, (positions,), with a graph to `hidden`.

    Args:
        hidden: As `head_loss` takes it.
        head: The output layer.
        goal: The ids to predict, (positions,), int64.
    """
    with full_precision(hidden):
        dtype = product_dtype(hidden, hidden.dtype)
        _, _, losses = _HeadLoss.apply(hidden, head.weight, goal, dtype)  # type: ignore[no-untyped-call]
    each: Tensor = losses
    return each


def fused_agrees(device: torch.device, dtype: torch.dtype) -> bool:
    """Tell whether the fused kernel is there and gives what this module does."""

    def ours(hidden: Tensor, weight: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
        total, correct, _ = _HeadLoss.apply(hidden, weight, goal, dtype)  # type: ignore[no-untyped-call]
        return total, correct

    return runs_here(device) and agrees(ours, fused_loss, device, dtype)


class _HeadLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, goal: Tensor, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor, Tensor]:
        weight = weight.to(dtype)
        losses = torch.empty(len(goal), dtype=torch.float32, device=hidden.device)
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        correct = torch.zeros((), dtype=torch.int64, device=hidden.device)
        slopes = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        rows = max(1, min(len(goal), LOGITS // weight.shape[0]))
        # One piece of memory for all rows in turn: asked for anew each time, it would not all be
        # given back to the system, and a page that comes anew costs more than what is computed.
        space = torch.empty(rows, weight.shape[0], dtype=torch.float32, device=hidden.device)
        for start in range(0, len(goal), rows):
            here = slice(start, start + rows)
            aim = goal[here].unsqueeze(1)  # (rows, 1)
            logits = space[: len(aim)]  # (rows, vocabulary)
            _product(hidden[here].to(dtype), weight.t(), logits)
            top, likeliest = logits.max(dim=1, keepdim=True)  # (rows, 1) each
            correct += (likeliest == aim).sum()
            logits -= top
            aimed = logits.gather(1, aim)  # (rows, 1)
            sums = logits.exp_().sum(dim=1, keepdim=True)  # (rows, 1)
            each = (sums.log() - aimed).squeeze(1)  # (rows,)
            losses[here] = each
            total += each.sum()
            if slopes is not None:
                logits /= sums  # probabilities by now
                logits.scatter_add_(1, aim, torch.full_like(sums, -1.0))
                _product(logits.to(dtype), weight, slopes[here])
        ctx.slopes = slopes
        ctx.mark_non_differentiable(correct)
        ctx.set_materialize_grads(False)  # of the sum and its parts one is asked for
        return total, correct, losses

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor | None, _: Any, each: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        slopes: Tensor = ctx.slopes
        if grad is None:
            assert each is not None
            grad = each.unsqueeze(1)  # (positions, 1)
        else:
            assert each is None
        exact = torch.promote_types(slopes.dtype, grad.dtype)  # bfloat16 has 1/3 as 0.334
        return (slopes.to(exact) * grad).to(slopes.dtype), None, None, None


def _product(left: Tensor, right: Tensor, into: Tensor) -> None:
    """Multiply two matrices into a third, which may be of another type."""
    if into.dtype == left.dtype:
        torch.mm(left, right, out=into)
    else:
        into.copy_(left @ right)
