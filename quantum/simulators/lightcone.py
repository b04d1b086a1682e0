"""Exact expectation values by light cones, for shallow circuits on a product state.

Instead of evolving the state of every sample, each observable is pulled back once through the
trainable part of the circuit (Heisenberg picture). It then lives on a few qubits, its light cone,
and because a layer of RY(h) prepares the Bloch vector (X, Z) = (sin h, cos h) on each qubit,

    ⟨O⟩ = Σ_P C_P Π_q v_q[P_q],   v_q = (1, sin h_q, cos h_q),   P_q in {1, X, Z}.

The table C depends on the trainable angles only. Per sample there remain some hundred products
instead of 2ⁿ amplitudes. For QTHA with one layer, cones have five qubits (i-2 … i+2) whatever the
number of qubits, and the outer two carry {1, Z} only: 108 numbers.

Cones of the same shape are treated as one batch. This module knows nothing about adapters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from quantum.circuits.circuit import Circuit
from quantum.simulators.cones import MAX_TERMS, Cone, find_cones
from quantum.simulators.constants import constant
from quantum.simulators.contraction import Layout, contract
from quantum.simulators.rotations import rotation_matrix

# Angles (by identity, held weakly) -> groups, the angles' values then, tables.
_KEPT: WeakIdKeyDictionary = WeakIdKeyDictionary()


@dataclass(frozen=True, eq=False)
class _Step:
    """One step of a group of equal cones, see ``ConeStep``; ``index`` is ``(cones, slots)``."""

    kind: str
    index: NDArray[np.int64]
    slope: NDArray[np.float64]
    offset: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Group:
    """Cones of the same shape.

    Attributes:
        columns: Observables they belong to.
        layout: Operators of the cones, diagonal qubits first.
        outer: Number of basis states of the diagonal qubits.
        inner: Number of basis states of the full qubits.
        steps: Backwards in time.
        start: The observable's matrix elements, ``(outer, inner, inner)``.
        projection: From matrix elements to coefficients, ``(outer * inner**2, terms)``.
    """

    columns: tuple[int, ...]
    layout: Layout
    outer: int
    inner: int
    steps: tuple[_Step, ...]
    start: NDArray[np.float64]
    projection: NDArray[np.float64]


def supports(circuit: Circuit) -> bool:
    """Whether all observables have light cones small enough to be worth it."""
    return bool(_groups(circuit))


def expectations(circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
    """Expectation values of the circuit's observables for a batch of inputs.

    Args:
        circuit: A circuit for which ``supports`` is true.
        inputs: Shape ``(batch, n_inputs)``, radians, float32 or float64.
        angles: Shape ``(n_angles,)``, radians, same dtype and device.

    Returns:
        Shape ``(batch, n_observables)``. Backward keeps inputs and coefficient tables only.
    """
    return polynomials(circuit, inputs, _tables(_groups(circuit), angles))


def coefficients(circuit: Circuit, angles: Tensor) -> list[Tensor]:
    """The coefficients C_P of all observables as polynomials of the inputs' sines and cosines.

    Args:
        circuit: A circuit for which ``supports`` is true.
        angles: Shape ``(n_angles,)``, radians.

    Returns:
        For each group of equal cones ``(cones, left terms, right terms)``, differentiable in the
        angles.
    """
    return _tables(_groups(circuit), angles)


def polynomials(circuit: Circuit, inputs: Tensor, tables: Sequence[Tensor]) -> Tensor:
    """The polynomials that these coefficients give: any that a circuit of this form could span.

    Args:
        circuit: A circuit for which ``supports`` is true; its angles play no part.
        inputs: Shape ``(batch, n_inputs)``, radians, float32 or float64.
        tables: Coefficients as ``coefficients`` gives them.

    Returns:
        Shape ``(batch, n_observables)``, differentiable once in inputs and tables.
    """
    groups = _groups(circuit)
    parts = [contract(group.layout, inputs, t) for group, t in zip(groups, tables, strict=True)]
    if len(parts) == 1:
        return parts[0]
    columns = np.concatenate([group.columns for group in groups])
    order = torch.as_tensor(np.argsort(columns), device=inputs.device)
    return torch.cat(parts, dim=1)[:, order]


@lru_cache(maxsize=64)
def _groups(circuit: Circuit) -> tuple[_Group, ...]:
    cones = find_cones(circuit)
    if cones is None:
        return ()
    by_shape: dict[object, list[int]] = {}
    for column, cone in enumerate(cones):
        by_shape.setdefault(cone.shape, []).append(column)
    groups = tuple(_group([cones[c] for c in columns], columns) for columns in by_shape.values())
    return groups if all(group.projection.shape[1] <= MAX_TERMS for group in groups) else ()


def _group(cones: list[Cone], columns: list[int]) -> _Group:
    first = cones[0]
    n_diagonal, n_full = first.n_diagonal, len(first.inputs) - first.n_diagonal
    outer, inner = 2**n_diagonal, 2**n_full
    steps = tuple(
        _Step(
            step.kind,
            np.array([cone.steps[i].index for cone in cones], dtype=np.int64),
            step.slope,
            step.offset,
        )
        for i, step in enumerate(first.steps)
    )
    sizes = (2,) * n_diagonal + (3,) * n_full
    # The left and right factors should have about as many terms.
    split = min(range(1, len(sizes) + 1), key=lambda s: math.prod(sizes[:s]) + math.prod(sizes[s:]))
    inputs = tuple(
        np.array([cone.inputs[j] for cone in cones], dtype=np.int64) for j in range(len(sizes))
    )
    start = first.start.reshape(outer, inner, 1) * np.eye(inner)  # (outer, inner, inner)
    return _Group(
        tuple(columns),
        Layout.of(inputs, sizes, split),
        outer,
        inner,
        steps,
        start,
        _projection(n_diagonal, n_full),
    )


def _projection(n_diagonal: int, n_full: int) -> NDArray[np.float64]:
    """Matrix elements (diagonal bits, row, column) to coefficients of {1,Z} and {1,X,Z}.

    Bit j of a basis state is qubit j of the cone's register; coefficients run over the qubits in
    the same order, the first one slowest.
    """
    one_z = np.array([[0.5, 0.5], [0.5, -0.5]])  # rows: bit; columns: 1, Z
    one_x_z = np.zeros((2, 2, 3))  # row bit, column bit, letter
    one_x_z[0, 0] = [0.5, 0, 0.5]
    one_x_z[1, 1] = [0.5, 0, -0.5]
    one_x_z[0, 1] = one_x_z[1, 0] = [0, 0.5, 0]
    full = np.ones((1, 1, 1))
    for _ in range(n_full):  # a new qubit: most significant bit, fastest letter
        full = np.einsum("rcp,abq->arbcpq", full, one_x_z)
        a, r, b, c, p, q = full.shape
        full = full.reshape(a * r, b * c, p * q)  # (2**m, 2**m, 3**m)
    diagonal = np.ones((1, 1))
    for _ in range(n_diagonal):
        diagonal = np.einsum("sp,aq->aspq", diagonal, one_z)
        a, s, p, q = diagonal.shape
        diagonal = diagonal.reshape(a * s, p * q)  # (2**m, 2**m)
    joint = np.einsum("sd,rcp->srcdp", diagonal, full)
    s, r, c, d, p = joint.shape
    flat: NDArray[np.float64] = joint.reshape(s * r * c, d * p)
    return flat  # (2**n_diagonal * 4**n_full, terms)


def _tables(groups: tuple[_Group, ...], angles: Tensor) -> list[Tensor]:
    """The groups' coefficient tables; without gradients they are kept while the angles stay.

    A language model that writes asks for the same tables at every token. Kept ones are compared by
    the angles' values, so no way of changing them can leave a stale table.
    """
    if torch.is_grad_enabled() and angles.requires_grad:
        return [_table(group, angles) for group in groups]
    if angles in _KEPT:
        kept: tuple[tuple[_Group, ...], Tensor, list[Tensor]] = _KEPT[angles]
        if kept[0] is groups and torch.equal(kept[1], angles):
            return kept[2]
    tables = [_table(group, angles) for group in groups]
    _KEPT[angles] = (groups, angles.detach().clone(), tables)
    return tables


def _table(group: _Group, angles: Tensor) -> Tensor:
    """Pull the observables back; coefficients of shape ``(cones, left terms, right terms)``."""
    cones = len(group.columns)
    # Planes of O over (diagonal bits, row, column of the full qubits); O is diagonal in the former.
    real = constant(group.start, angles).unsqueeze(0)  # (1, outer, inner, inner)
    imag: Tensor | None = None
    padded = torch.cat((angles, angles.new_zeros(1)))  # index -1 reads the zero
    for step in group.steps:
        values = padded[constant(step.index, angles)]  # (cones, slots)
        if step.kind == "rotation":
            turn = rotation_matrix(values).unsqueeze(1)  # (cones, 1, inner, inner)
            back = turn.transpose(-1, -2)
            real = back @ real @ turn
            imag = None if imag is None else back @ imag @ turn
        else:
            phases = values @ constant(step.slope, angles) + constant(step.offset, angles)
            phases = phases.view(cones, group.outer, group.inner)
            # D† O D multiplies element (row, column) by exp(i (phase[row] - phase[column])).
            difference = phases.unsqueeze(-1) - phases.unsqueeze(-2)
            cos, sin = difference.cos(), difference.sin()
            if imag is None:
                real, imag = real * cos, real * sin
            else:
                real, imag = real * cos - imag * sin, real * sin + imag * cos
    # The encoded state is real, so the antisymmetric imaginary part has no expectation value.
    shape = (cones, group.outer, group.inner, group.inner)
    elements = real.expand(shape).reshape(cones, -1)  # (cones, outer * inner**2)
    table = elements @ constant(group.projection, angles)
    left = math.prod(group.layout.sizes[: group.layout.split])
    return table.view(cones, left, -1)  # (cones, left terms, right terms)
