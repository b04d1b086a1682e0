"""Circuits to Qiskit and back."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.qiskit_bridge import from_qiskit, to_qiskit
from quantum.exceptions import CircuitError
from quantum.simulators.reference import statevector
from tests.quantum.random_circuits import random_circuit


@pytest.mark.parametrize("seed", range(5))
def test_round_trip_keeps_inputs_and_angles(seed):
    circuit = random_circuit(seed)
    assert from_qiskit(to_qiskit(circuit)).operations == circuit.operations


def test_round_trip_of_qtha():
    circuit = qtha_circuit(4, 2)
    back = from_qiskit(to_qiskit(circuit))
    assert (back.operations, back.name) == (circuit.operations, circuit.name)


def test_bit_order():
    source = QuantumCircuit(2)
    source.x(0)
    assert statevector(from_qiskit(source), (), ())[1] == 1
    state = Statevector(to_qiskit(Circuit(2, (Operation("x", (0,)),)))).data
    assert state[1] == 1


def test_other_gates_are_decomposed():
    source = QuantumCircuit(3)
    source.h(range(3))
    source.u(0.1, 0.2, 0.3, 0)
    source.cx(0, 1, ctrl_state=0)
    source.cu(0.1, 0.2, 0.3, 0.4, 1, 2)
    source.cswap(2, 0, 1)
    source.ryy(0.3, 0, 2)
    source.unitary([[0, 1], [1, 0]], [1])
    state = Statevector(source).data
    source.barrier()
    source.measure_all()
    circuit = from_qiskit(source)
    assert {op.gate for op in circuit.operations} <= set(GATES)
    assert abs(abs(np.vdot(state, statevector(circuit, (), ()))) - 1) < 1e-9


def test_parameters():
    source = QuantumCircuit(1)
    source.rx(Parameter("h2"), 0)
    source.ry(Parameter("θ1"), 0)
    sources = [op.source for op in from_qiskit(source).operations]
    assert sources == [Input(2), Angle(1)]
    for angle in (Parameter("a"), 2 * Parameter("θ0"), Parameter("θ0") + Parameter("θ1")):
        source = QuantumCircuit(1)
        source.rx(angle, 0)
        with pytest.raises(CircuitError, match="assign the parameters"):
            from_qiskit(source)


def test_what_is_no_circuit_of_gates_is_refused():
    source = QuantumCircuit(1, 1)
    source.reset(0)
    with pytest.raises(CircuitError, match="reset"):
        from_qiskit(source)
    source = QuantumCircuit(1, 1)
    source.measure(0, 0)
    source.x(0)
    with pytest.raises(CircuitError, match="after its measurement"):
        from_qiskit(source)
    source = QuantumCircuit(1, 1)
    with source.if_test((source.clbits[0], 1)):
        source.x(0)
    with pytest.raises(CircuitError, match="if_else"):
        from_qiskit(source)
