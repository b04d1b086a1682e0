"""The gate table against Qiskit and against its own generators."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from scipy.linalg import expm

from quantum.circuits.gates import GATES, gate
from quantum.exceptions import CircuitError, UnknownNameError

ALL = pytest.mark.parametrize("name", GATES)


def _matrix(name: str, angle: float = 0.7) -> np.ndarray:
    entry = gate(name)
    return np.array(entry.matrix(angle if entry.parametric else None), complex)


@ALL
def test_matrix_is_qiskits(name):
    entry = gate(name)
    circuit = QuantumCircuit(entry.n_qubits)
    # Our first qubit is the more significant bit, Qiskit's last one is.
    qubits = reversed(range(entry.n_qubits))
    getattr(circuit, name)(*([0.7] if entry.parametric else []), *qubits)
    assert np.allclose(Operator(circuit).data, _matrix(name), atol=1e-12)


@ALL
def test_matrix_is_exponential_of_generator(name):
    entry = gate(name)
    if not entry.parametric:
        with pytest.raises(CircuitError):
            entry.generator_matrix()
        return
    expected = expm(-0.7j * np.array(entry.generator_matrix(), complex))
    assert np.allclose(expected, _matrix(name), atol=1e-12)


@ALL
def test_inverse(name):
    entry = gate(name)
    back = _matrix(name, -0.7) if entry.parametric else _matrix(entry.inverse_name)
    assert np.allclose(back @ _matrix(name), np.eye(2**entry.n_qubits), atol=1e-12)


@ALL
def test_diagonal_flag_and_help(name):
    matrix = _matrix(name)
    assert gate(name).diagonal == bool(np.allclose(matrix, np.diag(np.diag(matrix))))
    assert gate(name).help.endswith(".")


def test_unknown_gate_lists_known_ones():
    with pytest.raises(UnknownNameError, match="crz"):
        gate("toffoli")


def test_angle_must_fit_gate():
    with pytest.raises(CircuitError, match="needs an angle"):
        gate("ry").matrix()
    with pytest.raises(CircuitError, match="takes no angle"):
        gate("x").matrix(0.1)
