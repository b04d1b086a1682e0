"""Frozen linear layers that keep their weights in the format in which they are multiplied.

Under autocast a float32 weight is cast for every product, and the copy is kept until the way back:
six bytes for each number. Here the copy alone is kept, two bytes, where the base's file has no more
digits than that. Every number that is computed stays the same, to the bit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WRAPPED = (
    "base_layer"  # what PEFT calls a layer that an adapter stands on; adapters read its weight
)


class CompactLinear(nn.Linear):
    """A linear layer whose weight is cast where a product is in another format than its own."""

    def forward(self, input: Tensor) -> Tensor:
        """Multiply in autocast's format, or without it in the input's."""
        if torch.is_autocast_enabled(input.device.type):
            return super().forward(input)
        return functional.linear(input, self.weight.to(input.dtype), self.bias)


def keep_compact(model: nn.Module, dtype: torch.dtype) -> int:
    """Keep a model's frozen linear weights in a smaller format, where that loses no digit.

    Output layers, layers that share their weight and layers below an adapter stay as they are.

    Args:
        model: base with adapter.
        dtype: what autocast multiplies in.

    Returns:
        How many weights are kept so now.
    """
    users: dict[int, int] = {}
    for part in model.modules():
        for item in part.parameters(recurse=False):
            users[id(item)] = users.get(id(item), 0) + 1
    head = getattr(model, "get_output_embeddings", lambda: None)()
    changed = 0
    for name, layer in model.named_modules():
        if type(layer) is not nn.Linear or layer is head or name.endswith(WRAPPED):
            continue
        weight: Tensor = layer.weight
        if weight.requires_grad or weight.dtype == dtype or users[id(weight)] > 1:
            continue
        small = weight.data.to(dtype)
        if torch.equal(small.to(weight.dtype), weight.data):
            layer.weight = nn.Parameter(small, requires_grad=False)
            layer.__class__ = CompactLinear
            changed += small.numel()
    return changed
