"""Light cones: tight where it matters, and nothing outside them is ever felt."""

import numpy as np
import pytest

from quantum.circuits.circuit import Angle, Circuit, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.light_cones import parameters_of, trace_back
from quantum.circuits.observables import PauliString, pauli, z, zz
from quantum.simulators.reference import expectations
from tests.quantum.random_circuits import random_circuit


def past_cone(circuit, observable):
    return trace_back(circuit.operations, observable).operations


def _chain(n: int) -> Circuit:
    operations = [Operation("ry", (q,), Angle(q)) for q in range(n)]
    operations += [Operation("cz", (q, q + 1)) for q in range(n - 1)]
    operations += [Operation("ry", (q,), Angle(n + q)) for q in range(n)]
    return Circuit(n, tuple(operations))


def test_one_layer_on_a_chain_is_tight():
    circuit = _chain(12)
    assert parameters_of(circuit, z(5)) == {4, 5, 6, 12 + 5}
    assert parameters_of(circuit, zz(5, 6)) == {4, 5, 6, 7, 12 + 5, 12 + 6}
    assert trace_back(circuit.operations, z(5)).qubits == {4, 5, 6}
    assert trace_back(circuit.operations, z(0)).qubits == {0, 1}
    assert len(past_cone(circuit, z(5))) == 6  # four rotations and two CZ


def test_order_is_time_order():
    kept = past_cone(_chain(6), zz(2, 3))
    assert list(kept) == sorted(kept)


def test_commuting_operations_are_dropped():
    circuit = Circuit(
        3, (Operation("h", (1,)), Operation("cz", (0, 1)), Operation("rz", (0,), 0.1))
    )
    assert past_cone(circuit, z(0)) == ()
    assert past_cone(circuit, PauliString(((0, "X"),))) == (0, 1, 2)
    controlled = Circuit(2, (Operation("cx", (0, 1)),))
    assert past_cone(controlled, z(0)) == ()
    assert past_cone(controlled, z(1)) == (0,)
    cone = trace_back(controlled.operations, z(1))
    assert (cone.diagonal, cone.full) == ({0}, {1})


def test_the_identity_feels_nothing():
    assert past_cone(_chain(4), pauli("IIII")) == ()


@pytest.mark.parametrize("seed", range(30))
def test_what_lies_outside_has_no_influence(seed):
    circuit = random_circuit(seed, n_qubits=4, length=12)
    rng = np.random.default_rng(seed)
    inputs, angles = rng.normal(size=(1, 3)), rng.normal(size=4)
    values = expectations(circuit, inputs, angles)[0]
    for observable, value in zip(circuit.observables, values, strict=True):
        kept = tuple(circuit.operations[i] for i in past_cone(circuit, observable))
        reduced = Circuit(4, kept, (observable,))
        assert abs(expectations(reduced, inputs, angles)[0, 0] - value) < 1e-12
        moved = angles + 1.0
        inside = sorted(parameters_of(circuit, observable))
        moved[inside] = angles[inside]
        assert {i.source.index for i in kept if isinstance(i.source, Angle)} == set(inside)
        again = expectations(Circuit(4, circuit.operations, (observable,)), inputs, moved)
        assert abs(again[0, 0] - value) < 1e-12


def test_some_random_circuits_lose_operations():
    """Else the property above would prove nothing."""
    lost = 0
    for seed in range(30):
        circuit = random_circuit(seed, n_qubits=4, length=12)
        lost += sum(len(past_cone(circuit, o)) < 12 for o in circuit.observables)
    assert lost > 30


@pytest.mark.parametrize("name", GATES)
def test_commutes_with_z_is_what_it_says(name):
    entry = GATES[name]
    matrix = np.array(entry.matrix(0.7 if entry.parametric else None), complex)
    for position in range(entry.n_qubits):
        factors = [np.diag([1, -1]) if p == position else np.eye(2) for p in range(entry.n_qubits)]
        z_there = factors[0] if len(factors) == 1 else np.kron(*factors)
        commutes = np.allclose(z_there @ matrix, matrix @ z_there, atol=1e-12)
        assert entry.commutes_with_z(position) == commutes
