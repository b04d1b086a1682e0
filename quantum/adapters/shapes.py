"""Reading the shapes of a loaded model's linear layers.

Needs torch; knows nothing about adapters.
"""

from __future__ import annotations

from typing import Any

from torch import nn


def linear_shapes(model: nn.Module) -> dict[str, tuple[int, int]]:
    """Every linear module but the output head.

    Args:
        model: A base model, not yet adapted.

    Returns:
        Module name -> (out_features, in_features), as the registry's ``count`` takes them.
    """
    output_embeddings: Any = getattr(model, "get_output_embeddings", None)
    head = output_embeddings() if output_embeddings else None
    return {
        name: (module.out_features, module.in_features)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
        and module is not head
        and name.rpartition(".")[2] != "lm_head"
    }
