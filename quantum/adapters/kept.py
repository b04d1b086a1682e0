"""Values that follow from tensors, kept until one of them is written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

import torch
from torch import Tensor, nn

Value = TypeVar("Value")
Mark = tuple[tuple[int, int], ...]


def mark_of(*tensors: Tensor) -> Mark | None:
    """Storage and version counter of each tensor: another one after every write torch knows of.

    ``None`` where torch counts no versions (inference tensors): keep nothing then. A write through
    ``tensor.data`` leaves no trace either: drop what is kept in ``train()``.
    """
    if any(tensor.is_inference() for tensor in tensors):
        return None
    return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)


class Kept(Generic[Value]):
    """One value and the marks of the tensors that it was computed from."""

    def __init__(self) -> None:
        self._value: tuple[object, Mark, Value] | None = None

    def drop(self) -> None:
        """Keep nothing."""
        self._value = None

    def get(
        self,
        compute: Callable[[], Value],
        *tensors: Tensor,
        also: Callable[[], object] = lambda: None,
    ) -> Value:
        """The kept value, or a new one where a tensor or what ``also`` tells has changed."""
        mark = mark_of(*tensors)
        if self._value is not None and self._value[:2] == (also(), mark):
            return self._value[2]
        value = compute()
        mark = mark_of(*tensors)  # computing may write to them
        self._value = None if mark is None else (also(), mark, value)
        return value


class KeepingModule(nn.Module):
    """A module that computes something from its parameters once, as long as it is only used."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: Kept[Any] = Kept()

    def kept(
        self,
        compute: Callable[[], Value],
        *tensors: Tensor,
        also: Callable[[], object] = lambda: None,
    ) -> Value:
        """What is computed; kept in inference while tensors and what ``also`` tells stay."""
        if self.training or torch.is_grad_enabled():
            self._kept.drop()
            return compute()
        value: Value = self._kept.get(compute, *tensors, also=also)
        return value

    def train(self, mode: bool = True) -> Self:
        """Change the mode and drop what is kept: ``parameter.data`` is written without a trace."""
        self._kept.drop()
        return super().train(mode)
