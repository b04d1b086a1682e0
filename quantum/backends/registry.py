"""The backends by name: one dict.

Backends are imported when asked for, so listing their names costs nothing and brings in no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from quantum.backends.base import QuantumBackend
from quantum.exceptions import UnknownNameError

__all__ = ["BACKENDS", "get_backend"]


def _statevector() -> QuantumBackend:
    from quantum.backends.statevector import StatevectorBackend

    return StatevectorBackend()


BACKENDS: Mapping[str, Callable[[], QuantumBackend]] = {"statevector": _statevector}


@cache
def get_backend(name: str) -> QuantumBackend:
    """The backend of that name, made once per process.

    Raises:
        UnknownNameError: There is none; the message lists the known ones.
    """
    if name not in BACKENDS:
        raise UnknownNameError("backend", name, BACKENDS)
    return BACKENDS[name]()
