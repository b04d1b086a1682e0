"""Groups share no observable, cover all that is felt, and are as few as METHODS says."""

import itertools
import random

import pytest

from quantum.circuits.ansatz import lattice_couplers, qgs_circuit, qtha_circuit
from quantum.circuits.circuit import Angle, Circuit, Operation
from quantum.circuits.observables import z
from quantum.gradients.grouping import circuit_count, shift_plan
from tests.quantum.gradients.circuits import without_inputs

CIRCUITS = {
    "chain": qgs_circuit(72),
    "chain L=2": qgs_circuit(20, 2),
    "lattice": qgs_circuit(72, 1, lattice_couplers()),
    "small lattice": qgs_circuit(6, 1, lattice_couplers(3, 2)),
    **{f"random {seed}": without_inputs(seed) for seed in range(6)},
}


@pytest.mark.parametrize("label", CIRCUITS)
def test_no_observable_feels_two_of_a_group(label):
    plan = shift_plan(CIRCUITS[label])
    for members in plan.groups:
        assert all(len(cone.intersection(members)) <= 1 for cone in plan.feels)
    felt = frozenset().union(*plan.feels)
    assert sorted(item for members in plan.groups for item in members) == sorted(felt)


def test_a_chain_needs_thirteen_circuits_whatever_its_length():
    assert [circuit_count(qgs_circuit(n)) for n in (4, 5, 8, 23, 72)] == [13] * 5
    assert circuit_count(qgs_circuit(72), grouped=False) == 289
    assert len(shift_plan(qgs_circuit(72)).groups) == 4 + 2
    # SmolLM2's 30 blocks: two batches of the cloud's 200.
    assert 30 * circuit_count(qgs_circuit(72)) == 390


def test_wukongs_lattice():
    circuit = qgs_circuit(72, 1, lattice_couplers())
    # Both qubits of a coupler in the bulk feel each other's neighbours: 8 + 2 angles at least.
    assert max(len(cone) for cone in shift_plan(circuit).feels) == 10
    assert circuit_count(circuit) == 21


def test_short_rules_ride_along_with_long_ones():
    """A group with a controlled rotation takes four circuits, with any number of others in it."""
    operations = (
        Operation("ry", (0,), 0.4),
        Operation("crx", (0, 1), Angle(0)),
        Operation("ry", (2,), Angle(1)),
    )
    circuit = Circuit(3, operations, (z(1), z(2)))
    assert shift_plan(circuit).groups == ((0, 1),)
    assert circuit_count(circuit) == 1 + 4


def test_what_nobody_feels_takes_no_circuit():
    operations = (Operation("ry", (0,), Angle(0)), Operation("rz", (1,), Angle(1)))
    assert circuit_count(Circuit(2, operations, (z(0), z(1)))) == 1 + 2


def test_circuits_where_everything_touches_everything_gain_nothing():
    circuit = without_inputs(0, qtha_circuit(3))
    plan = shift_plan(circuit)
    assert circuit_count(circuit) <= circuit_count(circuit, grouped=False)
    assert max(len(cone) for cone in plan.feels) <= len(plan.groups)


def test_a_chain_takes_13_circuits_however_its_qubits_are_numbered():
    numbers = list(range(72))
    random.Random(3).shuffle(numbers)
    couplers = tuple(itertools.pairwise(numbers))
    assert circuit_count(qgs_circuit(72, 1, couplers)) == 13
