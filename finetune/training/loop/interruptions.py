"""Lets a trainer leave within a step: it looks at every layer, on the way forward and back.

A step may take a minute on a busy machine; a person who cancels waits for a layer, not for a step.
What was computed of the step is dropped: no weight has changed yet.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from finetune.training.supervision import Supervision


def look_between_layers(model: nn.Module, supervision: Supervision) -> None:
    """Have a model's layers ask whether to leave; a model without a stack of layers is left alone.

    Args:
        model: the base.
        supervision: raises StopRequested through forward or backward.
    """

    def forward(layer: nn.Module, inputs: Any, output: Any) -> None:
        supervision.glance()
        hidden = output[0] if isinstance(output, tuple) else output
        if isinstance(hidden, torch.Tensor) and hidden.requires_grad:
            hidden.register_hook(backward)  # type: ignore[no-untyped-call]

    def backward(gradient: torch.Tensor) -> None:
        supervision.glance()

    for layer in layers_of(model):
        layer.register_forward_hook(forward)


def layers_of(model: nn.Module) -> list[nn.Module]:
    """Return the model's stack of layers: its longest list of modules."""
    stacks = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    return list(max(stacks, key=len, default=()))
