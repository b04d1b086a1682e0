"""Circuits on chips: the same outcomes, live couplers only, and refusals that say why."""

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from quantum.adapters.qgs.options import chip_couplers
from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.chips.published import published_72
from quantum.chips.routing import place
from quantum.circuits.ansatz import qgs_circuit
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import UnsupportedCircuitError
from tests.doubles.wukong_chips import line, patchy_72
from tests.quantum.random_circuits import random_circuit

# Qubit 3 is missing, so 0-1-2 and 4-5 hang together; the coupler 0-2 is dead.
CHIP = Calibration(
    "toy",
    "2026-01-01",
    6,
    {q: QubitFigures(0.99, 0.9) for q in (0, 1, 2, 4, 5)},
    (
        Coupler(0, 1, 0.98),
        Coupler(1, 2, 0.97),
        Coupler(2, 3, 0.99),
        Coupler(4, 5, 0.95),
        Coupler(0, 2, 0.0),
    ),
)


def outcomes(circuit, measured):
    """Probabilities of the measured qubits, the first one least significant."""
    state = np.abs(Statevector(to_qiskit(circuit)).data) ** 2
    index = np.arange(len(state))
    index = sum(((index >> q) & 1) << i for i, q in enumerate(measured))
    return np.bincount(index, weights=state, minlength=2 ** len(measured))


def check(circuit, placed, chip):
    assert np.allclose(
        outcomes(circuit, range(circuit.n_qubits)), outcomes(placed.circuit, placed.measured)
    )
    assert placed.circuit.gate_counts().keys() <= {"rz", "ry", "cz"}
    for op in placed.circuit.operations:
        assert set(op.qubits) <= chip.qubits.keys()
        if len(op.qubits) == 2:
            assert tuple(sorted(op.qubits)) in chip.live_couplers


@pytest.mark.parametrize("seed", range(8))
def test_random_circuits_mean_the_same(seed):
    bound = random_circuit(seed, n_qubits=3).bind([0.3, 0.4, 0.5], [0.1, 0.2, 0.7, 0.9])
    circuit = Circuit(3, bound.operations)
    (placed,) = place([circuit], CHIP)
    check(circuit, placed, CHIP)
    assert place([circuit], CHIP) == (placed,)


def test_circuits_on_live_couplers_stay():
    operations = tuple(Operation("cz", pair) for pair in ((0, 1), (1, 2), (4, 5)))
    circuit = Circuit(6, tuple(op for op in operations if 3 not in op.qubits))
    with pytest.raises(UnsupportedCircuitError, match="5 available qubits"):
        place([circuit], CHIP)
    chip = line(6)
    (placed,) = place([circuit], chip)
    assert placed.measured == tuple(range(6))
    assert placed.circuit.operations == operations
    whole = patchy_72()
    numbers = sorted(whole.qubits)
    among = tuple(
        Operation("cz", (numbers.index(a), numbers.index(b))) for a, b in whole.live_couplers
    )
    (placed,) = place([Circuit(66, among)], whole)
    assert placed.measured == tuple(numbers)
    assert placed.circuit.two_qubit_count() == len(whole.live_couplers)


@pytest.mark.parametrize("n_qubits", [1, 2, 7, 23, 24, 40, 66])
def test_a_circuit_on_the_chips_own_couplers_needs_no_more_gates(n_qubits):
    """QGS on a chip, and the readout's circuits of its batch, on the qubits it was built on."""
    chip = patchy_72()
    couplers = chip_couplers(chip, n_qubits)
    circuit = qgs_circuit(n_qubits, 1, couplers)
    bound = circuit.bind((), [0.3 + 0.01 * angle for angle in range(circuit.n_angles)])
    ones = Circuit(n_qubits, tuple(Operation("x", (qubit,)) for qubit in range(n_qubits)))
    assert n_qubits == 1 or couplers
    for placed in place([bound, ones], chip):
        assert placed.measured == chip.joined(n_qubits)
    (placed,) = place([bound], chip)
    assert placed.circuit.two_qubit_count() == len(couplers)


def test_folded_gates_are_not_cancelled():
    folded = Circuit(2, (Operation("h", (0,)),) + (Operation("cz", (0, 1)),) * 3)
    (placed,) = place([folded], CHIP)
    assert placed.circuit.two_qubit_count() == 3


def test_readout_circuits_stand_where_the_others_end():
    ring = Circuit(3, tuple(Operation("cx", (q, (q + 1) % 3)) for q in range(3)))
    ones = Circuit(3, tuple(Operation("x", (q,)) for q in range(3)))
    zeros = Circuit(3, ())
    first, placed, last = place([zeros, ring, ones], CHIP)
    assert first.measured == placed.measured == last.measured
    check(ones, last, CHIP)
    check(ring, placed, CHIP)


def test_separate_parts_are_used():
    circuit = Circuit(
        5, (Operation("cz", (0, 2)), Operation("cx", (4, 2)), Operation("cx", (1, 3)))
    )
    (placed,) = place([circuit], CHIP)
    check(circuit, placed, CHIP)


@pytest.mark.parametrize(
    ("circuit", "words"),
    [
        (Circuit(6, ()), "5 available qubits; the circuit needs 6"),
        (Circuit(4, tuple(Operation("cz", (q, q + 1)) for q in range(3))), "at most 3 .* joins 4"),
        (
            Circuit(5, (Operation("cz", (0, 1)), Operation("cz", (1, 2)), Operation("cz", (2, 3)))),
            "joins 4",
        ),
    ],
)
def test_refusals(circuit, words):
    with pytest.raises(UnsupportedCircuitError, match=words):
        place([circuit], CHIP)


def test_better_couplers_are_preferred():
    chip = Calibration(
        "toy",
        "2026-01-01",
        4,
        {q: QubitFigures(0.99, 0.9) for q in range(4)},
        (Coupler(0, 1, 0.5), Coupler(1, 2, 0.6), Coupler(2, 3, 0.99)),
    )
    # 0-1 would do as it stands only if the pair were (0, 1).
    (placed,) = place([Circuit(3, (Operation("cz", (0, 2)),))], chip)
    (gate,) = placed.circuit.operations
    assert set(gate.qubits) == {2, 3}


def test_a_whole_lattice_stays():
    chip = published_72()
    wide = Circuit(72, tuple(Operation("rzz", pair, 0.3) for pair in chip.live_couplers))
    (placed,) = place([wide], chip)
    assert placed.measured == tuple(range(72))
    assert placed.circuit.two_qubit_count() == 2 * 126
