"""Noticing that a tensor was written to, so that what follows from it can be kept until then."""

from __future__ import annotations

from torch import Tensor

__all__ = ["Mark", "mark_of"]

Mark = tuple[tuple[int, int], ...]


def mark_of(*tensors: Tensor) -> Mark | None:
    """Storage and version counter of each tensor: another one after every write torch knows of.

    ``None`` where torch counts no versions (inference tensors): keep nothing then. A write through
    ``tensor.data`` leaves no trace either: drop what is kept in ``train()``.
    """
    if any(tensor.is_inference() for tensor in tensors):
        return None
    return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)
