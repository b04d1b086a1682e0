"""QTHA's circuit has the shape that the paper gives, and QGS's that of METHODS."""

import pytest

from quantum.circuits.ansatz import (
    chain_couplers,
    lattice_couplers,
    qgs_angle_count,
    qgs_circuit,
    qtha_angle_count,
    qtha_circuit,
)
from quantum.circuits.circuit import Angle
from quantum.circuits.observables import z, zz
from quantum.exceptions import CircuitError


@pytest.mark.parametrize(("n", "layers"), [(2, 1), (3, 2), (8, 1), (10, 3)])
def test_four_angles_per_qubit_and_layer(n, layers):
    circuit = qtha_circuit(n, layers)
    assert circuit.n_angles == qtha_angle_count(n, layers) == 4 * n * layers
    assert circuit.n_inputs == n
    assert circuit.gate_counts() == {"crz": 2 * n * layers, "ry": 3 * n * layers}
    assert len(circuit.observables) == n
    assert {op.source.index for op in circuit.operations if op.gate == "crz"} | {
        op.source.index for op in circuit.operations if type(op.source).__name__ == "Angle"
    } == set(range(4 * n * layers))


def test_rings_go_both_ways():
    rings = [op.qubits for op in qtha_circuit(4).operations if op.gate == "crz"]
    assert set(rings[:4]) == {(0, 1), (1, 2), (2, 3), (3, 0)}
    assert set(rings[4:]) == {(0, 3), (1, 0), (2, 1), (3, 2)}


def test_one_qubit_has_no_ring_and_no_dead_angles():
    circuit = qtha_circuit(1, 2)
    assert circuit.gate_counts() == {"ry": 6}
    assert circuit.n_angles == qtha_angle_count(1, 2) == 4


def test_sizes_below_one_are_refused():
    for n, layers in ((0, 1), (1, 0)):
        with pytest.raises(CircuitError):
            qtha_circuit(n, layers)


@pytest.mark.parametrize(
    ("n", "layers", "couplers"), [(5, 1, None), (72, 2, None), (6, 3, lattice_couplers(3, 2))]
)
def test_qgs_alternates_rotations_and_couplers(n, layers, couplers):
    circuit = qgs_circuit(n, layers, couplers)
    pairs = chain_couplers(n) if couplers is None else couplers
    assert circuit.n_angles == qgs_angle_count(n, layers) == n * (layers + 1)
    assert circuit.gate_counts() == {"cz": layers * len(pairs), "ry": n * (layers + 1)}
    assert circuit.observables == (*map(z, range(n)), *(zz(*pair) for pair in pairs))
    turns = [op for op in circuit.operations if op.gate == "ry"]
    assert [op.source for op in turns] == [Angle(i) for i in range(n * (layers + 1))]
    assert [op.qubits for op in turns] == [(i,) for i in range(n)] * (layers + 1)
    for layer in range(layers):
        joined = [op.qubits for op in circuit.operations if op.gate == "cz"][layer * len(pairs) :]
        assert set(joined[: len(pairs)]) == set(pairs)


def test_couplers_are_put_into_few_rounds():
    # RY, two rounds of CZ, RY on a chain; four rounds on Wukong's lattice.
    assert qgs_circuit(72).depth == 1 + 2 + 1
    assert qgs_circuit(72, 1, lattice_couplers()).depth == 1 + 4 + 1


def test_wukongs_lattice():
    couplers = lattice_couplers()
    assert len(couplers) == len(set(couplers)) == 126
    assert {b - a for a, b in couplers} == {1, 6}
    assert (5, 6) not in couplers  # ends of two rows
    assert max(max(pair) for pair in couplers) == 71


def test_bad_couplers_are_refused():
    for couplers in (((0, 1), (1, 0)), ((0, 5),), ((1, 1),)):
        with pytest.raises(CircuitError):
            qgs_circuit(3, 1, couplers)
    with pytest.raises(CircuitError):
        qgs_circuit(3, 0)
