"""A linear layer with gates on its input axes, with memory no larger than the layer's own.

    y = x W'^T + bias,   W' = diag(scale) W T,   T = M_1 M_2 … (steps)

Under plain autograd every gate would keep a copy of what it acts on. Here nothing but x is kept
between forward and backward; the rest is computed again, one layer at a time. There are two ways
to the same result:

- on the weight: W' is built, and gradients come from the weight's, gy^T x;
- on the tokens: x T^T is computed, and gradients come from the tokens'.

The cheaper one is taken. This module knows nothing about PEFT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from quantum.adapters.gatenet.steps import (
    Step,
    apply_steps,
    last_result,
    pull_back,
    step_inputs,
    work_per_row,
)


def gated_linear(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    scale: Tensor | None,
    steps: Sequence[Step],
    matrices: Sequence[Tensor],
    route: str = "auto",
) -> Tensor:
    """The layer's output.

    Args:
        x: Input, shape ``(…, d_in)``; its dtype is that of the products with the weight.
        weight: Frozen, shape ``(d_out, d_in)``, in that dtype or a wider one.
        bias: Frozen, shape ``(d_out,)``, not scaled.
        scale: ``1 + u``, shape ``(d_out,)``, or ``None`` for ones.
        steps: The product's steps.
        matrices: One for each step, float32.
        route: ``weight``, ``tokens``, or ``auto`` for the cheaper one.

    Returns:
        Shape ``(…, d_out)``, in the input's dtype.
    """
    tokens = x.reshape(-1, x.shape[-1])  # (tokens, d_in)
    if route == "auto":
        route = _cheaper(tokens.shape[0], weight.shape[0], steps)
    function: Any = {"weight": _OnWeight, "tokens": _OnTokens}[route]
    out: Tensor = function.apply(tokens, weight, bias, scale, tuple(steps), *matrices)
    return out.view(*x.shape[:-1], weight.shape[0])  # (…, d_out)


def gated_weight(
    weight: Tensor, scale: Tensor | None, steps: Sequence[Step], matrices: Sequence[Tensor]
) -> Tensor:
    """``diag(scale) W T`` in the matrices' dtype, shape ``(d_out, d_in)``."""
    product = apply_steps(weight.to(matrices[0].dtype), steps, matrices)
    return product if scale is None else product * scale[:, None]


def _cheaper(n_tokens: int, d_out: int, steps: Sequence[Step]) -> str:
    work = work_per_row(steps)
    return "weight" if d_out * work + n_tokens * d_out < n_tokens * work else "tokens"


class _OnWeight(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        scale: Tensor | None,
        steps: tuple[Step, ...],
        *matrices: Tensor,
    ) -> Tensor:
        ctx.steps = steps
        ctx.save_for_backward(x, weight, scale, *matrices)
        product = gated_weight(weight, scale, steps, matrices).to(x.dtype)
        return F.linear(x, product, None if bias is None else bias.to(x.dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, scale, *matrices = ctx.saved_tensors
        grad = grad.to(x.dtype)
        inputs = step_inputs(weight.to(matrices[0].dtype), ctx.steps, matrices)
        product = last_result(inputs, ctx.steps, matrices)
        to_weight = (grad.t() @ x).to(product.dtype)  # (d_out, d_in)
        to_scale = None
        if scale is not None:
            to_scale = torch.linalg.vecdot(to_weight, product)  # (d_out,)
            to_weight *= scale[:, None]
            product = product * scale[:, None]
        to_x = grad @ product.to(x.dtype) if ctx.needs_input_grad[0] else None
        del product
        to_matrices, _ = pull_back(to_weight, ctx.steps, matrices, inputs, to_rows=False)
        return to_x, None, None, to_scale, None, *to_matrices


class _OnTokens(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        scale: Tensor | None,
        steps: tuple[Step, ...],
        *matrices: Tensor,
    ) -> Tensor:
        ctx.steps = steps
        gated = apply_steps(x.to(matrices[0].dtype), *_transposed(steps, matrices))
        out = F.linear(gated.to(x.dtype), weight.to(x.dtype))
        if scale is not None:  # in the scale's precision: bfloat16 cannot tell 1.003 from 1
            out = (out * scale).to(x.dtype)
        # Kept for the scale's gradient; mostly what follows the layer keeps it anyway.
        ctx.save_for_backward(x, weight, scale, out if scale is not None else None, *matrices)
        return out if bias is None else out + bias.to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, scale, out, *matrices = ctx.saved_tensors
        grad = grad.to(x.dtype)
        steps, turned = _transposed(ctx.steps, matrices)
        inputs = step_inputs(x.to(matrices[0].dtype), steps, turned)
        to_scale = None
        if scale is not None:
            if (scale == 0).any():  # the output no longer tells what was scaled
                gated = last_result(inputs, steps, turned).to(x.dtype)
                to_scale = (grad.to(scale.dtype) * F.linear(gated, weight.to(x.dtype))).sum(0)
            else:
                wide = out.to(scale.dtype)
                to_scale = torch.linalg.vecdot(grad.to(scale.dtype), wide, dim=0) / scale
            grad = (grad * scale).to(x.dtype)
        to_gated = (grad @ weight.to(x.dtype)).to(turned[0].dtype)  # (tokens, d_in)
        to_turned, to_x = pull_back(
            to_gated, steps, turned, inputs, to_rows=ctx.needs_input_grad[0]
        )
        to_matrices = [gradient.t() for gradient in reversed(to_turned)]
        to_x = None if to_x is None else to_x.to(x.dtype)
        return to_x, None, None, to_scale, None, *to_matrices


def _transposed(
    steps: Sequence[Step], matrices: Sequence[Tensor]
) -> tuple[list[Step], list[Tensor]]:
    """The product transposed: tokens meet the last step first."""
    return list(reversed(steps)), [matrix.t() for matrix in reversed(matrices)]
