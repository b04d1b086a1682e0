"""Layers of RY on a batch of states: how they act, and the gradient of their angles.

A layer is a Kronecker product. It is applied to groups of four qubits, each by one small real
matrix product, because 16 x 16 is where the product is fastest. The entries of such a matrix are,
up to signs, the amplitudes of the layer's own product state, so the matrix comes from a table of
signs.

States have the shape ``(batch, high, copies, planes, low)``: ``low`` runs over the first group of
qubits and ``high`` over the others; ``planes`` is one for real states, else real and imaginary
part; ``copies`` holds states that take the same rotations. With these axes in the middle, each
group is one product for all of them. This module knows nothing about circuits.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from quantum.simulators.constants import constant

GROUP = 4  # qubits rotated by one matrix product
_KEPT_BYTES = 8 << 20  # larger pieces of memory are given back after each pass
_THREAD = threading.local()


def join(tables: Tensor, n_qubits: int) -> Tensor:
    """The whole product state, ``(batch, 2**n)``, from ``group_states``."""
    state = tables[0].t()
    for table in tables[1:]:
        state = (table.t().unsqueeze(2) * state.unsqueeze(1)).flatten(1)
    return state[:, : 2**n_qubits]


def rotation_matrix(angles: Tensor) -> Tensor:
    """Kronecker product of RY, qubit 0 on the lowest bit.

    Args:
        angles: Shape ``(batch, g)``, radians.

    Returns:
        Shape ``(batch, 2**g, 2**g)``.
    """
    return _matrices(_product(angles.t().unsqueeze(0)))[0]


def _product(angles: Tensor) -> Tensor:
    """Product states of groups: ``(groups, g, batch)`` angles to ``(groups, 2**g, batch)``.

    Samples run along the last axis, which makes every step a long vector operation.
    """
    half = angles / 2
    qubits = torch.stack((half.cos(), half.sin()), dim=2)  # (groups, g, 2, batch)
    state = qubits[:, 0]
    for q in range(1, angles.shape[1]):
        state = (qubits[:, q].unsqueeze(2) * state.unsqueeze(1)).flatten(1, 2)
    return state


def group_states(angles: Tensor) -> Tensor:
    """Product states of each group of four qubits: ``(batch, n)`` to ``(groups, 2**g, batch)``.

    The last group is filled with qubits that stay in |0>.
    """
    n = angles.shape[1]
    if n > GROUP and n % GROUP:
        angles = pad(angles, (0, -n % GROUP))
    return _product(angles.t().reshape(-1, min(n, GROUP), len(angles)))


def _matrices(tables: Tensor, space: Workspace | None = None) -> Tensor:
    """Rotations from their product states: ``(k, 2**g, batch)`` to ``(k, batch, 2**g, 2**g)``."""
    groups, size, batch = tables.shape
    signs = constant(_signs(size.bit_length() - 1), tables)
    shape = (groups * batch, len(signs) ** 2)
    out = None if space is None else space.scratch(shape, tables)
    rows = tables.mT.reshape(-1, size)
    return torch.mm(rows, signs, out=out).view(groups, batch, size, size)


class Workspace:
    """Memory for states and for what is needed between two of them.

    Asking the system for fresh memory at each step costs as much time as the arithmetic, so small
    pieces stay for the next circuit. What is in them does not: copy what must outlive the pass.
    """

    def __init__(self) -> None:
        self._states: list[Tensor | None] = [None, None]
        self._scratch: Tensor | None = None

    @staticmethod
    def of(like: Tensor, numbers: int) -> Workspace:
        """One for states of so many numbers: this thread's own if they are small."""
        if like.device.type != "cpu" or numbers * like.element_size() > _KEPT_BYTES:
            return Workspace()
        spaces: dict[str, Workspace] = _THREAD.__dict__
        return spaces.setdefault(str(like.dtype), Workspace())

    def take(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Memory for a state; it holds until the next but one call."""
        self._states.reverse()
        self._states[0] = piece = _at_least(math.prod(shape), self._states[0], like)
        return piece[: math.prod(shape)].view(shape)

    def scratch(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Memory that holds until the next call."""
        self._scratch = piece = _at_least(math.prod(shape), self._scratch, like)
        return piece[: math.prod(shape)].view(shape)


def _at_least(numbers: int, piece: Tensor | None, like: Tensor) -> Tensor:
    if piece is None or piece.numel() < numbers:
        with torch.inference_mode(False):
            return torch.empty(numbers, dtype=like.dtype, device=like.device)
    return piece


@lru_cache(maxsize=16)
def _signs(n_qubits: int) -> NDArray[np.float64]:
    """Which amplitude of the product state, with which sign, is entry (i, j) of the rotation.

    RY's matrix is ((cos, -sin), (sin, cos)): entry (i, j) of a Kronecker product is the amplitude
    of ``i ^ j``, negative for each qubit with i = 0 and j = 1.
    """
    i, j = np.divmod(np.arange(4**n_qubits), 2**n_qubits)
    signs = np.zeros((2**n_qubits, 4**n_qubits))
    odd = np.array([bin(value).count("1") & 1 for value in ~i & j])
    signs[i ^ j, np.arange(4**n_qubits)] = 1 - 2 * odd
    return signs


@lru_cache(maxsize=16)
def _generators(n_qubits: int) -> NDArray[np.float64]:
    """Per qubit the matrix K of dR/dθ = K R, flattened, shape ``(g, 4**g)``."""
    i, j = np.divmod(np.arange(4**n_qubits), 2**n_qubits)
    bits = 1 << np.arange(n_qubits)[:, None]
    return np.where(i ^ j == bits, np.where(i & bits, 0.5, -0.5), 0.0)


def _groups(qubits: Sequence[int], n_qubits: int) -> Iterator[tuple[int, int, int]]:
    """Number, first qubit and size of each group with a rotated qubit."""
    for number, first in enumerate(range(0, n_qubits, GROUP)):
        size = min(GROUP, n_qubits - first)
        if any(first <= qubit < first + size for qubit in qubits):
            yield number, first, size


def rotate(
    state: Tensor,
    tables: Tensor,
    qubits: Sequence[int],
    n_qubits: int,
    space: Workspace,
    *,
    back: bool = False,
) -> Tensor:
    """Apply a layer of RY, or undo it.

    Args:
        state: Shape ``(batch, high, copies, planes, low)``, contiguous.
        tables: ``group_states`` of the layer's angles, for all samples or one.
        qubits: The rotated ones; the angles of all others are zero.
        n_qubits: Number of qubits.
        space: Where the result goes.
        back: Undo the layer instead.
    """
    shape = state.shape
    matrices = _matrices(tables, space)  # (groups, batch or 1, 2**g, 2**g)
    if back:
        matrices = matrices.mT
    for number, first, size in _groups(qubits, n_qubits):
        matrix = matrices[number]
        rotated = space.take(shape, state)
        if first == 0:
            rows = (len(matrix), -1, 2**size)  # (batch or 1, rest, 2**g)
            torch.bmm(state.view(rows), matrix.mT, out=rotated.view(rows))
        else:
            left = 2 ** (n_qubits - first - size)
            view = (shape[0] * left, 2**size, -1)  # (batch * left, 2**g, rest)
            matrix = matrix[:, : 2**size, : 2**size]  # the last group may have fewer qubits
            if len(matrix) > 1:
                matrix = matrix.unsqueeze(1).expand(-1, left, -1, -1).flatten(0, 1)
            torch.bmm(matrix.expand(view[0], -1, -1), state.view(view), out=rotated.view(view))
        state = rotated
    return state


def rotation_gradient(
    pair: Tensor, qubits: Sequence[int], n_qubits: int, shared: bool, space: Workspace
) -> Tensor:
    """Gradient of a layer's angles from states and their gradients after (or before) the layer.

    Args:
        pair: Shape ``(batch, high, 2, planes, low)``: the states and the gradients.
        qubits: The rotated ones.
        n_qubits: Number of qubits.
        shared: Whether all samples have the same angles.
        space: For what is between.

    Returns:
        Shape ``(1, n)`` if shared, else ``(batch, n)``; zero where nothing rotates.
    """
    batch = len(pair)
    state, grad = pair.unbind(2)  # (batch, high, planes, low)
    gradient = pair.new_zeros(1 if shared else batch, n_qubits)
    for _, first, size in _groups(qubits, n_qubits):
        if first == 0:  # sum over high (and batch): plane by plane, which needs no copies
            rows = (len(gradient), -1, *state.shape[2:])
            left, right = grad.view(rows).unbind(2), state.view(rows).unbind(2)
            overlap = space.scratch((len(gradient), 2**size, 2**size), pair)
            torch.bmm(left[0].mT, right[0], out=overlap)
            for plane in range(1, len(left)):
                overlap.baddbmm_(left[plane].mT, right[plane])
        else:
            left = 2 ** (n_qubits - first - size)
            view = (batch * left, 2**size, -1)  # (batch * left, 2**g, rest)
            overlap = space.scratch((batch * left, 2**size, 2**size), pair)
            torch.bmm(grad.reshape(view), state.reshape(view).mT, out=overlap)
            overlap = overlap.view(batch, left, -1)
            if shared or left > 1:
                overlap = overlap.sum((0, 1) if shared else 1)
        overlap = overlap.reshape(len(gradient), -1)  # (batch or 1, 4**g)
        # A product with few rows is several times faster than one with few columns.
        slopes = torch.mm(constant(_generators(size), pair), overlap.t())
        gradient[:, first : first + size] = slopes.t()
    return gradient
