"""Constant arrays as tensors, made once per array, dtype and device.

Circuits are compiled once and shared by all modules of a model, so their index and sign tables are
shared as well. This module knows nothing about circuits.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import torch
from torch import Tensor

_CACHE: dict[tuple[int, torch.dtype, torch.device], Tensor] = {}


def constant(array: np.ndarray[Any, Any], like: Tensor) -> Tensor:
    """The array as a tensor on ``like``'s device, in its dtype; integers stay int64.

    The tensor lives as long as the array does; do not change either in place.
    """
    dtype = torch.int64 if array.dtype.kind == "i" else like.dtype
    key = (id(array), dtype, like.device)
    tensor = _CACHE.get(key)
    if tensor is None:
        with torch.inference_mode(False):
            tensor = torch.as_tensor(array, dtype=dtype).to(like.device, copy=True)
        _CACHE[key] = tensor
        weakref.finalize(array, _CACHE.pop, key, None)
    return tensor
