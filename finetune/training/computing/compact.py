"""Frozen linear layers that keep their weights in the format in which they are multiplied.

Under autocast a float32 weight is cast for every product, and the copy is kept until the way back:
six bytes for each number, and a new piece of memory each time. Here the copy is made once. It alone
is kept where the base's file has no more digits than that; elsewhere the weight stays beside it for
what is computed outside autocast. Every number comes out the same, to the bit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

WRAPPED = (
    "base_layer"  # what PEFT calls a layer that an adapter stands on; adapters read its weight
)


class CompactLinear(nn.Linear):
    """A linear layer that is frozen.

    Attributes:
        copied: its weight in autocast's format, if `weight` has more digits.
    """

    copied: Tensor | None

    def forward(self, input: Tensor) -> Tensor:
        """Multiply in autocast's format, or without it in the input's."""
        if torch.is_autocast_enabled(input.device.type):
            weight = self.weight if self.copied is None else self.copied
        else:
            weight = self.weight.to(input.dtype)
        return functional.linear(input, weight, self.bias)


def keep_compact(model: nn.Module, dtype: torch.dtype) -> None:
    """Keep a model's frozen linear weights as autocast multiplies them.

    Output layers, layers that share their weight and layers below an adapter stay as they are.

    Args:
        model: base with adapter, on the device that computes.
        dtype: autocast's; nothing changes if the weights are in it.
    """
    users: dict[int, int] = {}
    for part in model.modules():
        for item in part.parameters(recurse=False):
            users[id(item)] = users.get(id(item), 0) + 1
    head = getattr(model, "get_output_embeddings", lambda: None)()
    for name, layer in model.named_modules():
        if type(layer) is not nn.Linear or layer is head or name.endswith(WRAPPED):
            continue
        weight: Tensor = layer.weight
        if weight.requires_grad or weight.dtype == dtype or users[id(weight)] > 1:
            continue
        small = weight.detach().to(dtype)
        exact = torch.equal(small.to(weight.dtype), weight)
        if exact:
            layer.weight = nn.Parameter(small, requires_grad=False)
        kept: Any = layer
        kept.__class__ = CompactLinear
        kept.copied = None if exact else small
