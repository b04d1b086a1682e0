"""Sorting a circuit into blocks that act in one go on a batch of states.

Runs of RY merge into one rotation block (their angles add per qubit), runs of diagonal gates merge
into one phase block (their phases add per basis state), everything else stays one gate per block.
Angles of a block are affine in inputs and trainable angles, so a block holds small constant
matrices. This module knows nothing about states or gradients.
"""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from quantum.circuits.circuit import Angle, Circuit, Input, Operation, Source
from quantum.circuits.gates import gate

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Affine:
    """The map ``inputs @ of_inputs + angles[index] @ of_angles + constant``.

    Attributes:
        of_inputs: Shape ``(n_inputs, width)``, or ``None`` where no input enters.
        index: The trainable angles that enter, ``(k,)``: few of all in a deep circuit.
        of_angles: Shape ``(k, width)``.
        constant: Shape ``(width,)``.
    """

    of_inputs: FloatArray | None
    index: IntArray
    of_angles: FloatArray
    constant: FloatArray


@dataclass(frozen=True, eq=False)
class RotationBlock:
    """RY on the qubits of ``qubits``; ``angles`` has one column per qubit of the circuit."""

    angles: Affine
    qubits: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PhaseBlock:
    """Multiplication of basis state s by ``exp(-i phases[s])``; ``real`` if all signs are ±1."""

    phases: Affine
    real: bool


@dataclass(frozen=True, eq=False)
class GateBlock:
    """One gate that is neither RY nor diagonal; ``angle`` has one column if it is parametric."""

    operation: Operation
    angle: Affine | None


Block = RotationBlock | PhaseBlock | GateBlock


def basis_phases(op: Operation, qubits: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Phases of a diagonal operation over the basis states of some qubits.

    Args:
        op: A diagonal operation.
        qubits: The register; position j in it is bit j of a basis state.

    Returns:
        ``(slope, offset)``, each of shape ``(2**len(qubits),)``: the operation multiplies state s
        by ``exp(-i (angle * slope[s] + offset[s]))``.
    """
    entry = gate(op.gate)
    states = np.arange(2 ** len(qubits))
    local = np.zeros_like(states)
    for qubit in op.qubits:
        local = 2 * local + ((states >> list(qubits).index(qubit)) & 1)
    if entry.fixed is None:
        diagonal = np.diag(np.array(entry.generator_matrix(), complex)).real
        return diagonal[local], np.zeros(len(states))
    fixed = [-cmath.phase(entry.fixed[i][i]) for i in range(len(entry.fixed))]
    return np.zeros(len(states)), np.array(fixed)[local]


def _affine(columns: list[tuple[Source, FloatArray]], base: FloatArray, c: Circuit) -> Affine:
    """Collect ``(source, row)`` pairs into one affine map of width ``len(base)``."""
    of_inputs = np.zeros((c.n_inputs, len(base)))
    of_angles: dict[int, FloatArray] = {}
    constant = base.copy()
    for source, row in columns:
        if isinstance(source, Input):
            of_inputs[source.index] += row
        elif isinstance(source, Angle):
            of_angles[source.index] = of_angles.get(source.index, 0) + row
        else:
            constant += source * row
    return Affine(
        of_inputs if of_inputs.any() else None,
        np.array(list(of_angles), dtype=np.int64),
        np.array(list(of_angles.values())).reshape(len(of_angles), len(base)),
        constant,
    )


def _rotation(run: list[Operation], circuit: Circuit) -> RotationBlock:
    unit = np.eye(circuit.n_qubits)
    columns = [(op.source, unit[op.qubits[0]]) for op in run if op.source is not None]
    qubits = tuple(sorted({op.qubits[0] for op in run}))
    return RotationBlock(_affine(columns, np.zeros(circuit.n_qubits), circuit), qubits)


def _phase(run: list[Operation], circuit: Circuit) -> PhaseBlock:
    columns: list[tuple[Source, FloatArray]] = []
    base = np.zeros(2**circuit.n_qubits)
    for op in run:
        slope, offset = basis_phases(op, range(circuit.n_qubits))
        base += offset
        if op.source is not None:
            columns.append((op.source, slope))
    real = not columns and bool(np.allclose(np.sin(base), 0, atol=1e-12))
    return PhaseBlock(_affine(columns, base, circuit), real)


def _single(op: Operation, circuit: Circuit) -> GateBlock:
    if op.source is None:
        return GateBlock(op, None)
    return GateBlock(op, _affine([(op.source, np.ones(1))], np.zeros(1), circuit))


def _kind(op: Operation) -> str:
    if op.gate == "ry":
        return "rotation"
    return "phase" if gate(op.gate).diagonal else "gate"


@lru_cache(maxsize=256)
def compile_blocks(circuit: Circuit) -> tuple[Block, ...]:
    """Sort a circuit's operations into blocks, in time order.

    >>> from quantum.circuits.ansatz import qtha_circuit
    >>> [type(block).__name__ for block in compile_blocks(qtha_circuit(3))]
    ['RotationBlock', 'PhaseBlock', 'RotationBlock', 'PhaseBlock', 'RotationBlock']
    """
    blocks: list[Block] = []
    for kind, operations in groupby(circuit.operations, key=_kind):
        run = list(operations)
        if kind == "rotation":
            blocks.append(_rotation(run, circuit))
        elif kind == "phase":
            blocks.append(_phase(run, circuit))
        else:
            blocks += [_single(op, circuit) for op in run]
    return tuple(blocks)
