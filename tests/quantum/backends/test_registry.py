"""Backends by name, and the exact one."""

import pytest
import torch

from quantum.ansatz import qtha_circuit
from quantum.backends.registry import BACKENDS, get_backend
from quantum.circuit import Circuit, Operation
from quantum.exceptions import CircuitError, UnknownNameError, UnsupportedCircuitError
from quantum.observables import z
from quantum.simulators import statevector


def test_unknown_name_lists_known_ones():
    with pytest.raises(UnknownNameError, match="statevector"):
        get_backend("wukong-99")


@pytest.mark.parametrize("name", BACKENDS)
def test_capabilities(name):
    found = get_backend(name).capabilities()
    assert found.name == name
    assert found.title


@pytest.mark.parametrize("layers", [1, 2])
def test_statevector(layers):
    circuit = qtha_circuit(6, layers)
    inputs, angles = torch.randn(5, 6), torch.randn(circuit.n_angles)
    got = get_backend("statevector").expectations(circuit, inputs, angles)
    assert torch.allclose(got, statevector.expectations(circuit, inputs, angles), atol=1e-5)


def test_too_many_qubits_and_bad_shapes():
    backend = get_backend("statevector")
    wide = Circuit(20, tuple(Operation("h", (q,)) for q in range(20)), (z(0),))
    with pytest.raises(UnsupportedCircuitError, match="20 qubits"):
        backend.expectations(wide, torch.zeros(1, 0), torch.zeros(0))
    with pytest.raises(CircuitError):
        backend.expectations(qtha_circuit(3), torch.zeros(1, 2), torch.zeros(12))
