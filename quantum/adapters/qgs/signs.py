"""Frozen seeded maps: matrices of ±1 that any machine and version makes alike.

The signs come from SHAKE-256 of a name, not from a library's random numbers, so an adapter file
need not hold them. This module knows nothing about layers.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor


def sign_matrix(name: str, rows: int, columns: int, device: torch.device | None = None) -> Tensor:
    """A matrix with entries ``±1 / sqrt(columns)``: rows of length one.

    Args:
        name: What the signs are drawn from, e.g. seed, block and layer.
        rows: Number of rows.
        columns: Number of columns.
        device: Where to put it.

    Returns:
        Shape ``(rows, columns)``, float32.
    """
    count = rows * columns
    stream = hashlib.shake_256(name.encode()).digest((count + 7) // 8)
    bits = np.unpackbits(np.frombuffer(stream, dtype=np.uint8), count=count)
    positive = torch.from_numpy(bits).to(device).to(torch.float32)
    signs = (2 * positive - 1).reshape(rows, columns)  # (rows, columns)
    return torch.div(signs, columns**0.5)


class FrozenMap:
    """A ``sign_matrix`` that is made at its first use on a device and kept."""

    def __init__(self, name: str, rows: int, columns: int) -> None:
        self.name, self.rows, self.columns = name, rows, columns
        self._matrix: Tensor | None = None

    def on(self, device: torch.device) -> Tensor:
        """The matrix on a device, shape ``(rows, columns)``."""
        if self._matrix is None or self._matrix.device != device:
            with torch.inference_mode(False):
                self._matrix = sign_matrix(self.name, self.rows, self.columns, device)
        return self._matrix
