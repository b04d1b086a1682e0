"""The oracle: short, slow and obvious.

One sample at a time, one gate at a time, each gate embedded into a full 2ⁿ × 2ⁿ matrix by its
definition, in complex128. All other simulators and backends are tested against this one. It knows
nothing about speed or gradients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quantum.circuits.circuit import Angle, Circuit, Input
from quantum.circuits.gates import gate
from quantum.circuits.observables import PauliString

ComplexArray = NDArray[np.complex128]
Values = Sequence[float] | NDArray[np.float64]


def embed(small: ComplexArray, qubits: Sequence[int], n_qubits: int) -> ComplexArray:
    """Embed a gate's matrix into the whole space.

    Args:
        small: Shape ``(2**k, 2**k)``; the first qubit is its more significant bit.
        qubits: The k qubits.
        n_qubits: Number of qubits of the space.

    Returns:
        Shape ``(2**n_qubits, 2**n_qubits)``.
    """
    dim = 2**n_qubits
    full = np.zeros((dim, dim), dtype=np.complex128)
    others = ~sum(1 << qubit for qubit in qubits)

    def local(state: int) -> int:
        bits = [(state >> qubit) & 1 for qubit in qubits]
        return int("".join(map(str, bits)), 2)

    for column in range(dim):
        for row in range(dim):
            if row & others == column & others:
                full[row, column] = small[local(row), local(column)]
    return full


def statevector(circuit: Circuit, inputs: Values, angles: Values) -> ComplexArray:
    """Final state of one sample, shape ``(2**n_qubits,)``, starting in |0…0>."""
    state = np.zeros(2**circuit.n_qubits, dtype=np.complex128)
    state[0] = 1
    for op in circuit.bind(list(inputs), list(angles)).operations:
        assert not isinstance(op.source, Angle | Input)
        small = np.array(gate(op.gate).matrix(op.source), dtype=np.complex128)
        state = embed(small, op.qubits, circuit.n_qubits) @ state
    return state


def observable_matrix(observable: PauliString, n_qubits: int) -> ComplexArray:
    """The observable as a matrix, shape ``(2**n_qubits, 2**n_qubits)``."""
    full = np.eye(2**n_qubits, dtype=np.complex128)
    for qubit, letter in observable.factors:
        full = embed(np.array(gate(letter.lower()).matrix(), complex), (qubit,), n_qubits) @ full
    return full


def expectations(
    circuit: Circuit, inputs: NDArray[np.float64], angles: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expectation values of the circuit's observables.

    Args:
        circuit: What to run.
        inputs: Shape ``(batch, n_inputs)``, radians.
        angles: Shape ``(n_angles,)``, radians.

    Returns:
        Shape ``(batch, n_observables)``.
    """
    matrices = [observable_matrix(o, circuit.n_qubits) for o in circuit.observables]
    rows = []
    for sample in inputs:
        state = statevector(circuit, sample, angles)
        rows.append([float((state.conj() @ matrix @ state).real) for matrix in matrices])
    return np.array(rows, dtype=np.float64).reshape(len(inputs), len(matrices))
