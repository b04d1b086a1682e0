"""Circuits to Qiskit. The only module that builds Qiskit objects.

Qubit order is the same on both sides (qubit 0 least significant). It knows nothing about drawing
styles or simulators.
"""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from quantum.circuit import Angle, Circuit, Input, Operation
from quantum.observables import PauliString

__all__ = ["to_qiskit", "to_sparse_pauli"]


def to_qiskit(
    circuit: Circuit,
    inputs: Sequence[float] | None = None,
    angles: Sequence[float] | None = None,
) -> QuantumCircuit:
    """The circuit as a Qiskit circuit, without measurements.

    Args:
        circuit: What to convert.
        inputs: Values of one sample; ``None`` leaves parameters h0, h1, ….
        angles: Values of the trainable angles; ``None`` leaves parameters θ0, θ1, ….
    """
    target = QuantumCircuit(circuit.n_qubits, name=circuit.name)
    symbols: dict[Angle | Input, Parameter] = {}

    def value(op: Operation) -> float | Parameter | None:
        source = op.source
        if isinstance(source, Input):
            if inputs is not None:
                return float(inputs[source.index])
            return symbols.setdefault(source, Parameter(f"h{source.index}"))
        if isinstance(source, Angle):
            if angles is not None:
                return float(angles[source.index])
            return symbols.setdefault(source, Parameter(f"θ{source.index}"))
        return source

    for op in circuit.operations:
        angle = value(op)
        method = getattr(target, op.gate)
        if angle is None:
            method(*op.qubits)
        else:
            method(angle, *op.qubits)
    return target


def to_sparse_pauli(observable: PauliString, n_qubits: int) -> SparsePauliOp:
    """An observable as a Qiskit operator."""
    return SparsePauliOp(observable.label(n_qubits))
