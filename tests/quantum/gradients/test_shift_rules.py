"""Each rotation's rule against the derivative of its matrix; angles that occur several times."""

import math

import numpy as np
import pytest

from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.observables import pauli, z
from quantum.exceptions import CircuitError
from quantum.gradients.shift_rules import shift_rule, split_occurrences

ROTATIONS = [name for name, entry in GATES.items() if entry.parametric]


@pytest.mark.parametrize("name", ROTATIONS)
def test_rule_is_the_derivative(name):
    """On random states and observables, against the product rule with the generator."""
    rng = np.random.default_rng(len(name))
    entry = GATES[name]
    dim = 2**entry.n_qubits
    generator = np.array(entry.generator_matrix())
    for _ in range(5):
        state = rng.normal(size=dim) + 1j * rng.normal(size=dim)
        hermitian = rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim))
        hermitian = hermitian + hermitian.conj().T
        angle = rng.uniform(-math.pi, math.pi)

        def value(at, state=state, hermitian=hermitian):
            moved = np.array(entry.matrix(at)) @ state
            return (moved.conj() @ hermitian @ moved).real

        moved = np.array(entry.matrix(angle)) @ state
        expected = 2 * (moved.conj() @ hermitian @ (-1j * generator @ moved)).real
        found = sum(term.factor * value(angle + term.shift) for term in shift_rule(name))
        assert abs(found - expected) < 1e-10


def test_controlled_rotations_need_four_terms():
    assert {name: len(shift_rule(name)) for name in ROTATIONS} == {
        "rx": 2, "ry": 2, "rz": 2, "rxx": 2, "rzz": 2, "crx": 4, "cry": 4, "crz": 4
    }  # fmt: skip


def test_fixed_gates_have_none():
    with pytest.raises(CircuitError, match="takes no angle"):
        shift_rule("cx")


def test_occurrences_get_angles_of_their_own():
    operations = (
        Operation("ry", (0,), Angle(1)),
        Operation("cx", (0, 1)),
        Operation("crz", (0, 1), Angle(0)),
        Operation("rx", (1,), 0.3),
        Operation("ry", (1,), Angle(1)),
    )
    split = split_occurrences(Circuit(2, operations, (z(0), pauli("XX"))))
    assert split.owners == (1, 0, 1)
    assert [len(rule) for rule in split.rules] == [2, 4, 2]
    sources = [op.source for op in split.circuit.operations]
    assert sources == [Angle(0), None, Angle(1), 0.3, Angle(2)]
    assert split.circuit.observables == (z(0), pauli("XX"))


def test_inputs_are_refused():
    with pytest.raises(CircuitError, match="inputs"):
        split_occurrences(Circuit(1, (Operation("ry", (0,), Input(0)),), (z(0),)))
