"""The noise model says of itself what the calibration says of the chip."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import SuperOp, average_gate_fidelity
from qiskit_aer import AerSimulator

from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.chips.published import noise_label, published_72
from quantum.circuits.circuit import Circuit, Operation
from quantum.exceptions import UnsupportedCircuitError
from quantum.sampling.noise import native_circuit, noise_model

# T2 of qubit 0 is a Ramsey time, too short for the reported fidelity; qubit 1's times are long;
# qubit 2's are unknown.
QUBITS = {
    0: QubitFigures(0.996, 0.93, 13.0, 1.4),
    1: QubitFigures(0.99, 0.90, 40.0, 50.0, read_0_as_1=0.04, read_1_as_0=0.16),
    2: QubitFigures(0.98, 0.95),
}
CHIP = Calibration(
    "toy", "2026-01-02", 4, QUBITS, (Coupler(0, 1, 0.97), Coupler(1, 2, 0.95), Coupler(0, 2, 0.0))
)


def _errors(model, name):
    return {
        tuple(item["gate_qubits"][0]): item
        for item in model.to_dict()["errors"]
        if name in item["operations"]
    }


@pytest.mark.parametrize("qubits", [(0, 1, 2), (2, 1, 0)])
def test_gates_have_the_reported_fidelity(qubits):
    model = noise_model(CHIP, qubits)
    single = model._local_quantum_errors["u"]
    for number, chip in enumerate(qubits):
        fidelity = average_gate_fidelity(SuperOp(single[(number,)]))
        assert fidelity == pytest.approx(QUBITS[chip].single_fidelity, abs=1e-9)
    joint = model._local_quantum_errors["cz"]
    assert len(joint) == 4  # two live couplers, both orders; the dead one is absent
    for pair, error in joint.items():
        wanted = CHIP.coupler_fidelity(*(qubits[number] for number in pair))
        assert average_gate_fidelity(SuperOp(error)) == pytest.approx(wanted, abs=1e-9)


def test_relaxation_joins_a_gate_only_where_the_fidelity_leaves_room():
    single = noise_model(CHIP, (0, 1, 2))._local_quantum_errors["u"]

    def lifts_ground_state(error):
        """Relaxation pulls towards |0>; depolarizing alone has no direction."""
        matrix = SuperOp(error).data
        return abs(matrix[0, 3] - matrix[3, 0]) > 1e-9

    assert [lifts_ground_state(single[(q,)]) for q in range(3)] == [False, True, False]


def test_readout_is_asymmetric_where_that_is_known():
    readout = noise_model(CHIP, (2, 1))._local_readout_errors
    np.testing.assert_allclose(readout[(0,)].probabilities, [[0.95, 0.05], [0.05, 0.95]])
    np.testing.assert_allclose(readout[(1,)].probabilities, [[0.96, 0.04], [0.16, 0.84]])


def test_a_dead_or_missing_coupler_is_refused():
    circuit = Circuit(3, (Operation("cz", (0, 2)),))
    with pytest.raises(UnsupportedCircuitError, match="no live coupler"):
        native_circuit(circuit, CHIP, (0, 1, 2))
    # The same circuit standing elsewhere on the chip is fine.
    assert native_circuit(circuit, CHIP, (0, 2, 1)).count_ops()["cz"] == 1


def test_a_missing_qubit_is_refused():
    with pytest.raises(UnsupportedCircuitError, match="Qubit 3 of chip toy is not available"):
        noise_model(CHIP, (0, 3))


def test_circuits_become_native_and_folded_gates_survive():
    folded = [Operation("cz", (0, 1))] * 3
    merged = [Operation("h", (0,)), Operation("t", (0,)), Operation("ry", (0,), 0.3)]
    counts = native_circuit(Circuit(2, (*merged, *folded)), CHIP, (0, 1)).count_ops()
    assert (counts["u"], counts["cz"], counts["measure"]) == (1, 3, 2)
    assert set(counts) <= {"u", "cz", "measure", "quantum_channel"}


def _share_of_ones(chip: Calibration, operations, bit: int) -> float:
    circuit = native_circuit(Circuit(3, tuple(operations)), chip, (0, 1, 2))
    simulator = AerSimulator(method="density_matrix", noise_model=noise_model(chip, (0, 1, 2)))
    counts = simulator.run(circuit, shots=20_000, seed_simulator=5).result().get_counts()
    return sum(n for text, n in counts.items() if text[-1 - bit] == "1") / 20_000


def test_a_qubit_that_waits_relaxes():
    perfect = QubitFigures(1.0, 1.0)
    chip = Calibration(
        "ideal but for T1",
        "2026-01-01",
        3,
        {0: replace(perfect, t1_us=1.0, t2_us=2.0), 1: perfect, 2: perfect},
        (Coupler(0, 1, 1.0), Coupler(1, 2, 1.0)),
    )
    wait = [Operation("cz", (1, 2))] * 25  # 25 x 40 ns = 1 us beside qubit 0
    early = [Operation("x", (0,)), *wait]
    # From its own gate's end (30 ns) to the readout at 1000 ns.
    assert _share_of_ones(chip, early, 0) == pytest.approx(np.exp(-0.97), abs=0.02)
    # A qubit that has not begun is in its ground state: it loses nothing.
    late = [*wait, Operation("cz", (0, 1)), Operation("x", (0,))]
    assert _share_of_ones(chip, late, 0) > 0.95


def test_the_label_says_model():
    label = noise_label(published_72())
    assert label.startswith("model, not hardware: chip 72, ")
    assert published_72().fingerprint() in label
