"""Light cones in the form that ``simulators.lightcone`` evaluates.

``circuits.light_cones`` says what an observable can feel; here the operations of its cone become
steps on renumbered qubits, so that cones of equal shape can be treated as one batch. This module
knows nothing about the values of angles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.gates import gate
from quantum.circuits.light_cones import trace_back
from quantum.circuits.observables import PauliString
from quantum.simulators.blocks import basis_phases

MAX_TERMS = 243  # above, evolving the state is cheaper than the table
_MAX_QUBITS = 7

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ConeStep:
    """A run of RY ("rotation", one slot per full qubit) or of diagonal gates ("phase").

    Attributes:
        kind: What the step does.
        index: Trainable angle of each slot; -1 where a full qubit is not rotated.
        slope: Phase per unit of each slot's angle, ``(slots, 2**k)``; empty for rotations.
        offset: Constant phase, ``(2**k,)``; empty for rotations.
    """

    kind: Literal["rotation", "phase"]
    index: tuple[int, ...]
    slope: FloatArray
    offset: FloatArray


@dataclass(frozen=True, eq=False)
class Cone:
    """One observable's light cone.

    Basis states of a cone have the full qubits in the low bits and the diagonal ones above.

    Attributes:
        inputs: Input index of each cone qubit, diagonal qubits first.
        n_diagonal: Number of diagonal qubits.
        steps: Backwards in time.
        start: The observable's eigenvalues, ``(2**k,)``.
    """

    inputs: tuple[int, ...]
    n_diagonal: int
    steps: tuple[ConeStep, ...]
    start: FloatArray

    @property
    def shape(self) -> tuple[object, ...]:
        """Equal for cones that differ in the names of qubits and angles only."""
        steps = tuple(
            (
                step.kind,
                tuple(i < 0 for i in step.index),
                step.slope.tobytes(),
                step.offset.tobytes(),
            )
            for step in self.steps
        )
        return (self.n_diagonal, len(self.inputs), steps, self.start.tobytes())


def find_cones(circuit: Circuit) -> list[Cone] | None:
    """Light cones of all observables, or ``None`` where the method does not apply.

    It applies if the circuit starts with one RY(input) per qubit, has no other inputs, consists of
    RY by trainable angles and diagonal gates, and measures Z strings.
    """
    split = _split_encoding(circuit)
    if split is None:
        return None
    encoding, rest = split
    cones = []
    for observable in circuit.observables:
        if not observable.diagonal:
            return None
        cone = _find_cone(observable, rest, encoding, circuit.n_qubits)
        if cone is None:
            return None
        cones.append(cone)
    return cones


def _split_encoding(circuit: Circuit) -> tuple[dict[int, int], list[Operation]] | None:
    """The leading RY(input) as ``{qubit: input}`` and the operations after them."""
    encoding: dict[int, int] = {}
    rest: list[Operation] = []
    for op in circuit.operations:
        if isinstance(op.source, Input):
            if rest or op.gate != "ry" or op.qubits[0] in encoding:
                return None
            encoding[op.qubits[0]] = op.source.index
        elif gate(op.gate).diagonal or (op.gate == "ry" and isinstance(op.source, Angle)):
            rest.append(op)
        else:
            return None
    return encoding, rest


def _find_cone(
    observable: PauliString, rest: list[Operation], encoding: dict[int, int], n_qubits: int
) -> Cone | None:
    cone = trace_back(rest, observable)
    full, touched = cone.full, cone.qubits
    kept = [rest[index] for index in reversed(cone.operations)]
    fits = 0 < len(touched) <= _MAX_QUBITS
    if not fits or not touched <= encoding.keys():
        return None
    anchor = observable.qubits[0] if observable.qubits else 0

    def place(qubit: int) -> int:
        """Position relative to the observable, so that equal cones look equal."""
        return (qubit - anchor + n_qubits // 2) % n_qubits

    diagonal_qubits = sorted(touched - full, key=place)
    full_qubits = sorted(full, key=place)
    register = full_qubits + diagonal_qubits
    states = np.arange(2 ** len(register))
    start = np.ones(len(states))
    for qubit in observable.qubits:
        start *= 1 - 2 * ((states >> register.index(qubit)) & 1)
    return Cone(
        tuple(encoding[qubit] for qubit in diagonal_qubits + full_qubits),
        len(diagonal_qubits),
        tuple(_steps(kept, full_qubits, register)),
        start,
    )


def _steps(kept: list[Operation], full: list[int], register: list[int]) -> list[ConeStep]:
    """Merge the kept operations, already backwards in time, into steps."""
    runs: list[list[Operation]] = []
    for op in kept:
        joins = bool(runs) and (runs[-1][0].gate == "ry") == (op.gate == "ry")
        if joins and op.gate == "ry":
            joins = all(op.qubits != other.qubits for other in runs[-1])
        if joins:
            runs[-1].append(op)
        else:
            runs.append([op])
    return [_step(run, full, register) for run in runs]


def _step(run: list[Operation], full: list[int], register: list[int]) -> ConeStep:
    empty = np.zeros(0)
    if run[0].gate == "ry":
        by_qubit = {op.qubits[0]: op.source.index for op in run if isinstance(op.source, Angle)}
        return ConeStep("rotation", tuple(by_qubit.get(q, -1) for q in full), empty, empty)
    index: list[int] = []
    slopes: list[FloatArray] = []
    offset = np.zeros(2 ** len(register))
    run = sorted(run, key=lambda op: (op.gate, [register.index(q) for q in op.qubits]))
    for op in run:
        slope, constant = basis_phases(op, register)
        offset += constant
        if isinstance(op.source, Angle):
            index.append(op.source.index)
            slopes.append(slope)
        elif isinstance(op.source, float | int):
            offset += op.source * slope
    stacked = np.stack(slopes) if slopes else np.zeros((0, len(offset)))
    return ConeStep("phase", tuple(index), stacked, offset)
