"""The oracle itself against Qiskit and Aer."""

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer import AerSimulator

from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.simulators.reference import expectations, statevector
from tests.quantum.random_circuits import random_circuit


@pytest.mark.parametrize("seed", range(20))
def test_random_circuits_are_qiskits(seed):
    circuit = random_circuit(seed)
    rng = np.random.default_rng(seed)
    inputs, angles = rng.normal(size=(2, 3)), rng.normal(size=4)
    values = expectations(circuit, inputs, angles)
    for sample, row in zip(inputs, values, strict=True):
        state = Statevector(to_qiskit(circuit.bind(sample, angles)))
        assert np.allclose(state.data, statevector(circuit, sample, angles), atol=1e-12)
        for observable, value in zip(circuit.observables, row, strict=True):
            operator = SparsePauliOp(observable.label(circuit.n_qubits))
            assert abs(state.expectation_value(operator).real - value) < 1e-12


def test_qtha_is_aers():
    circuit = qtha_circuit(5, 2)
    rng = np.random.default_rng(0)
    inputs, angles = rng.normal(size=(2, 5)), rng.normal(size=circuit.n_angles)
    simulator = AerSimulator(method="statevector")
    for sample, row in zip(inputs, expectations(circuit, inputs, angles), strict=True):
        bound = to_qiskit(circuit.bind(sample, angles))
        for i, observable in enumerate(circuit.observables):
            operator = SparsePauliOp(observable.label(5))
            bound.save_expectation_value(operator, list(range(5)), label=str(i))
        data = simulator.run(bound).result().data()
        assert np.allclose([data[str(i)] for i in range(5)], row, atol=1e-10)


def test_bit_order():
    from quantum.circuits.circuit import Circuit, Operation

    state = statevector(Circuit(2, (Operation("x", (0,)),)), (), ())
    assert state[1] == 1  # qubit 0 is the least significant bit
