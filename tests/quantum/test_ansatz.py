"""QTHA's circuit has the shape that the paper gives."""

import pytest

from quantum.ansatz import qtha_angle_count, qtha_circuit
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
