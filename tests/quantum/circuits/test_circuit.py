"""The circuit description refuses what makes no sense and counts what is there."""

import pickle

import pytest

from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.observables import PauliString, pauli, z
from quantum.exceptions import CircuitError


@pytest.mark.parametrize(
    ("name", "qubits", "source"),
    [("cx", (0,), None), ("cx", (1, 1), None), ("ry", (0,), None), ("x", (0,), 0.1)],
)
def test_bad_operation(name, qubits, source):
    with pytest.raises(CircuitError):
        Operation(name, qubits, source)


def test_qubits_must_exist():
    with pytest.raises(CircuitError, match=r"\[3\]"):
        Circuit(2, (Operation("x", (3,)),))
    with pytest.raises(CircuitError, match=r"\[2\]"):
        Circuit(2, (), (z(2),))
    with pytest.raises(CircuitError):
        Circuit(0, ())


def test_counts():
    circuit = Circuit(
        2,
        (
            Operation("ry", (0,), Input(2)),
            Operation("crz", (0, 1), Angle(4)),
            Operation("cz", (1, 0)),
        ),
        (z(1),),
    )
    assert (circuit.n_inputs, circuit.n_angles, circuit.depth) == (3, 5, 3)
    assert circuit.gate_counts() == {"crz": 1, "cz": 1, "ry": 1}
    assert circuit.describe()["two_qubit_gates"] == 2


def test_pauli_labels():
    assert pauli("ZIX").label(4) == "IZIX"
    for bad in ("ZQ", "z"):
        with pytest.raises(CircuitError):
            pauli(bad)
    with pytest.raises(CircuitError):
        PauliString(((0, "X"), (0, "Z")))


def test_equal_circuits_hash_alike_and_the_hash_stays_in_its_process():
    first, second = qtha_circuit(3).bind([0.1] * 3, [0.2] * 12), qtha_circuit(3)
    assert hash(first) == hash(qtha_circuit(3).bind([0.1] * 3, [0.2] * 12))
    assert hash(first) != hash(second)
    assert pickle.loads(pickle.dumps(first)) == first
    assert "_hash" not in first.__getstate__()


def test_renumbered_qubits_keep_gates_angles_and_observables():
    circuit = Circuit(4, (Operation("cx", (3, 1)), Operation("ry", (1,), Angle(0))), (z(1),))
    small = circuit.renumbered({1: 0, 3: 1})
    assert small.n_qubits == 2
    assert small.operations == (Operation("cx", (1, 0)), Operation("ry", (0,), Angle(0)))
    assert small.observables == (z(0),)
