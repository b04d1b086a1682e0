"""Light cones: which operations, angles and qubits an observable can feel.

Walking backwards from an observable, an operation that commutes with what the observable has
become by then is dropped. A qubit is "diagonal" while that operator commutes with Z on it, and
"full" otherwise. An operation is dropped if it meets only qubits that are diagonal, and commutes
with Z on those itself: a CZ on a qubit that carries Z only, or a CX whose target is not met.

The answer is exact in one direction: nothing outside a cone has any influence, whatever the angles.
This module knows nothing about numbers, torch or how circuits are run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantum.circuits.circuit import Angle, Circuit, Operation
from quantum.circuits.gates import gate
from quantum.circuits.observables import PauliString


@dataclass(frozen=True)
class LightCone:
    """What one observable can feel.

    Attributes:
        operations: Indices of the operations, in time order.
        diagonal: Qubits on which the pulled-back observable still commutes with Z.
        full: The other qubits that it touches.
    """

    operations: tuple[int, ...]
    diagonal: frozenset[int]
    full: frozenset[int]

    @property
    def qubits(self) -> frozenset[int]:
        """All qubits that it touches, the observable's own ones included."""
        return self.diagonal | self.full

    def numbers(self, first: int = 0) -> dict[int, int]:
        """Numbers of its qubits in a circuit of its own, rising from ``first``."""
        return {qubit: number for number, qubit in enumerate(sorted(self.qubits), first)}


def trace_back(operations: Sequence[Operation], observable: PauliString) -> LightCone:
    """The light cone of an observable measured after some operations.

    >>> from quantum.circuits.ansatz import qtha_circuit
    >>> from quantum.circuits.observables import z
    >>> operations = qtha_circuit(8).operations
    >>> len(trace_back(operations, z(0)).operations), len(operations)
    (15, 40)
    """
    full = {qubit for qubit, letter in observable.factors if letter != "Z"}
    touched = set(observable.qubits)
    kept: list[int] = []
    for index in reversed(range(len(operations))):
        op = operations[index]
        entry = gate(op.gate)
        met = [p for p, qubit in enumerate(op.qubits) if qubit in touched]
        if all(op.qubits[p] not in full and entry.commutes_with_z(p) for p in met):
            continue
        kept.append(index)
        touched.update(op.qubits)
        full.update(q for p, q in enumerate(op.qubits) if not entry.commutes_with_z(p))
    return LightCone(tuple(reversed(kept)), frozenset(touched - full), frozenset(full))


def parameters_of(circuit: Circuit, observable: PauliString) -> frozenset[int]:
    """Indices of the trainable angles that an observable can feel."""
    cone = trace_back(circuit.operations, observable)
    sources = (circuit.operations[index].source for index in cone.operations)
    return frozenset(source.index for source in sources if isinstance(source, Angle))
