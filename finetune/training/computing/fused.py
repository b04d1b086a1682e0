"""The output layer with its cross-entropy in Liger's kernel: on a GPU, where it is installed.

Ours (`loop/head.py`) does the same in several kernels for each piece. Whether Liger's gives the
same on this machine is asked once a run, on made-up numbers; what it answers is kept with the run.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

PACKAGE = "liger_kernel"
INTERPRETED = "TRITON_INTERPRET"  # of Triton: kernels run in Python, on a processor, for tests
WORDS, WIDTH, POSITIONS = 4096, 64, 48
_AGREES = {torch.float32: 1e-4, torch.bfloat16: 2e-2}  # of the largest number
Loss = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def runs_here(device: torch.device) -> bool:
    """Tell whether the kernel is installed and has something to run on."""
    runs = device.type == "cuda" or os.environ.get(INTERPRETED) == "1"
    return runs and importlib.util.find_spec(PACKAGE) is not None


def fused_loss(hidden: Tensor, weight: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
    """Return the summed cross-entropy, in nats, and how often the likeliest token is right.

    Args:
        hidden: What the output layer reads, (positions, width).
        weight: Of the output layer, frozen, (vocabulary, width), of the same type.
        goal: The ids to predict, (positions,), int64.
    """
    from liger_kernel.ops.fused_linear_cross_entropy import LigerFusedLinearCrossEntropyFunction

    settings: tuple[Any, ...] = (None, None, -100, 0.0, 0.0, "sum", None, False, None, False, True)
    total, _, share, _ = LigerFusedLinearCrossEntropyFunction.apply(hidden, weight, goal, *settings)
    return total, (share * len(goal)).round().to(torch.int64)


def agrees(ours: Loss, theirs: Loss, device: torch.device, dtype: torch.dtype) -> bool:
    """Compare two ways to the loss, its gradient and the count, on numbers that are drawn once.

    Args:
        ours: from hidden, weight and goal to the loss and the count.
        theirs: likewise.
        device: what computes.
        dtype: what it computes in.
    """
    draw = torch.Generator().manual_seed(0)
    weight = torch.randn(WORDS, WIDTH, generator=draw).to(device, dtype)
    hidden = torch.randn(POSITIONS, WIDTH, generator=draw).to(device, dtype)
    goal = torch.randint(0, WORDS, (POSITIONS,), generator=draw).to(device)
    goal[::2] = (hidden[::2] @ weight.t()).argmax(dim=1)  # some are right
    answers = []
    for way in (ours, theirs):
        read = hidden.clone().requires_grad_()
        total, right = way(read, weight, goal)
        (total / POSITIONS).backward()  # type: ignore[no-untyped-call]
        assert read.grad is not None
        answers.append((total.detach().float(), read.grad.float(), int(right)))
    (one, slope, count), (other, other_slope, other_count) = answers
    bound = _AGREES[dtype]
    loss_agrees = bool((one - other).abs() <= bound * one.abs())
    slope_agrees = bool((slope - other_slope).abs().amax() <= bound * slope.abs().amax())
    return count == other_count and loss_agrees and slope_agrees
