"""What adapters compute in under autocast: large products in its format, the rest as it is.

Circuits, gates and the small matrices they are made of stay in float32: they cost little, and eight
bits of mantissa are too few for angles. This module knows no particular adapter.
"""

from __future__ import annotations

import torch
from torch import Tensor


def product_dtype(x: Tensor, own: torch.dtype) -> torch.dtype:
    """What a layer's large products are computed in: autocast's format, or its own without it.

    Args:
        x: The layer's input.
        own: What the layer computes in otherwise.
    """
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else own


def full_precision(x: Tensor) -> torch.autocast:
    """A block in which nothing is cast without being told to, on the device of ``x``."""
    return torch.autocast(x.device.type, enabled=False)
