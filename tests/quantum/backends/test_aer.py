"""Aer against the oracle, wide circuits against cuts, seeds and limits."""

from dataclasses import replace

import numpy as np
import pytest

from quantum.backends import aer
from quantum.backends.aer import AerBackend
from quantum.backends.base import Batch, Handle, JobState
from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.circuits.ansatz import lattice_couplers
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.observables import z, zz
from quantum.exceptions import BadResultError, UnsupportedCircuitError
from quantum.sampling.estimation import DirectRunner, Estimator
from quantum.simulators import reference
from tests.quantum.random_circuits import random_circuit

FLIP = Circuit(3, (Operation("x", (0,)),))


def _counts(backend: AerBackend, *circuits: Circuit, shots: int = 200, seed: int | None = None):
    return DirectRunner(backend).run(Batch(circuits, shots, seed)).counts


def _oracle(circuit: Circuit) -> np.ndarray:
    return reference.expectations(circuit, np.zeros((1, 0)), np.zeros(0))[0]


def test_x_on_qubit_0_is_the_rightmost_bit():
    assert _counts(AerBackend(), FLIP) == ({"001": 200},)
    assert _counts(AerBackend({"method": "matrix_product_state"}), FLIP) == ({"001": 200},)


@pytest.mark.parametrize("method", ["statevector", "density_matrix", "matrix_product_state"])
def test_every_gate_on_every_method(method):
    """Random angles of random circuits, every gate of the table among them."""
    backend = AerBackend({"method": method})
    rng = np.random.default_rng(1)
    circuits = []
    for item in GATES.values():
        source = 0.8 if item.parametric else None
        qubits = (2, 0)[: item.n_qubits]
        spread = tuple(Operation("ry", (q,), float(rng.normal(1, 0.3))) for q in range(3))
        turned = (*spread, Operation(item.name, qubits, source), *spread)
        circuits.append(Circuit(3, turned, (z(0), z(1), z(2), zz(0, 2))))
    estimator = Estimator(DirectRunner(backend), backend.capabilities(), 2000, seed=3)
    found = estimator.expectations(circuits)
    exact = np.array([_oracle(circuit) for circuit in circuits])
    assert (np.abs(found.values - exact) / found.stderr).max() < 5


@pytest.mark.parametrize("seed", range(6))
def test_random_circuits(seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed).bind(rng.normal(size=3), rng.normal(size=4))
    backend = AerBackend()
    estimator = Estimator(DirectRunner(backend), backend.capabilities(), 2000, seed=seed)
    found = estimator.expectations([circuit])
    assert (np.abs(found.values[0] - _oracle(circuit)) / found.stderr[0]).max() < 5


@pytest.mark.parametrize("noise", ["none", "chip72"])
def test_equal_batches_and_seeds_give_equal_counts(noise):
    circuit = Circuit(2, (Operation("h", (0,)), Operation("cx", (0, 1)), Operation("h", (1,))))
    first = _counts(AerBackend({"noise": noise, "seed": 5}), circuit, circuit)
    assert first == _counts(AerBackend({"noise": noise, "seed": 5}), circuit, circuit)
    assert first != _counts(AerBackend({"noise": noise, "seed": 6}), circuit, circuit)
    # The batch's own seed goes first, and two circuits of a batch draw differently.
    assert first == _counts(AerBackend({"noise": noise, "seed": 6}), circuit, circuit, seed=5)
    assert first[0] != first[1]


def _wide(couplers: tuple[tuple[int, int], ...]) -> Circuit:
    rng = np.random.default_rng(7)
    layers = [
        *(Operation("ry", (q,), float(rng.normal(np.pi / 4, 0.1))) for q in range(72)),
        *(Operation("cz", pair) for pair in couplers),
        *(Operation("ry", (q,), float(rng.normal(0.4, 0.1))) for q in range(72)),
    ]
    observables = (*(z(q) for q in range(72)), *(zz(*pair) for pair in couplers))
    return Circuit(72, tuple(layers), observables)


def _cut(circuit: Circuit, place: int) -> float:
    """The oracle's value of one observable of an RY, CZ, RY circuit, from its neighbourhood."""
    qubits = circuit.observables[place].qubits
    near = [op for op in circuit.operations if set(op.qubits) & set(qubits)]
    kept = sorted({qubit for op in near for qubit in op.qubits})
    index = {qubit: number for number, qubit in enumerate(kept)}
    first_layer = [op for op in circuit.operations[:72] if op.qubits[0] in index]
    body = [*first_layer, *(op for op in near if op not in circuit.operations[:72])]
    moved = tuple(replace(op, qubits=tuple(index[q] for q in op.qubits)) for op in body)
    observable = replace(circuit.observables[place], factors=tuple((index[q], "Z") for q in qubits))
    return float(_oracle(Circuit(len(kept), moved, (observable,)))[0])


@pytest.mark.parametrize("shape", ["chain", "lattice"])
def test_72_qubits_agree_with_the_oracle_on_cuts(shape):
    couplers = {
        "chain": tuple((q, q + 1) for q in range(71)),
        "lattice": lattice_couplers(12, 6),
    }[shape]
    circuit = _wide(couplers)
    backend = AerBackend()
    estimator = Estimator(DirectRunner(backend), backend.capabilities(), 1000, seed=2)
    found = estimator.expectations([circuit])
    # A lattice's pair has a neighbourhood of eight, which is slow for the oracle: Z and some ZZ.
    places = [*range(0, 72, 5), 72, 90] if shape == "lattice" else range(143)
    exact = np.array([_cut(circuit, place) for place in places])
    pulls = (found.values[0, list(places)] - exact) / found.stderr[0, list(places)]
    assert np.abs(pulls).max() < 5
    assert np.ptp(exact) > 0.1


def test_noise_pulls_values_towards_zero_but_not_to_it():
    circuit = Circuit(2, (Operation("x", (0,)), *[Operation("cx", (0, 1))] * 3), (z(0), z(1)))
    noisy = AerBackend({"noise": "chip72"})
    found = Estimator(DirectRunner(noisy), noisy.capabilities(), 4000, seed=1).expectations(
        [circuit]
    )
    assert _oracle(circuit).tolist() == pytest.approx([-1, -1])
    assert (found.values < -0.5).all()
    assert (found.values > -0.95).all()
    assert "model, not hardware: chip 72" in noisy.capabilities().title


def test_noisy_circuits_are_placed_on_live_couplers_and_read_in_logical_order():
    perfect = QubitFigures(1.0, 1.0)
    chip = Calibration(
        "star",
        "2026-01-01",
        5,
        dict.fromkeys((0, 2, 3, 4), perfect),
        (Coupler(3, 0, 1.0), Coupler(3, 2, 1.0), Coupler(3, 4, 1.0), Coupler(0, 2, 0.0)),
    )
    line = Circuit(
        4,
        (
            Operation("x", (0,)),
            Operation("cx", (0, 1)),
            Operation("cx", (1, 2)),
            Operation("x", (1,)),
            Operation("cx", (2, 3)),
        ),
    )
    backend = AerBackend(calibration=chip)
    assert _counts(backend, line, replace(line, operations=line.operations[:1])) == (
        {"1101": 200},
        {"0001": 200},
    )
    with pytest.raises(UnsupportedCircuitError, match="available"):
        _counts(backend, Circuit(5, (Operation("x", (4,)),)))


@pytest.mark.parametrize(
    ("options", "width", "advice"),
    [
        ({"noise": "chip72"}, 13, "matrix_product_state"),
        ({"method": "density_matrix"}, 13, "automatic"),
        ({"method": "statevector"}, 27, "automatic"),
        ({"method": "statevector", "noise": "chip72"}, 21, "matrix_product_state"),
        ({}, 201, "fewer qubits"),
    ],
)
def test_limits_are_told(options, width, advice):
    backend = AerBackend(options)
    assert backend.capabilities().max_qubits == width - 1
    batch = Batch((FLIP, Circuit(width, ())), 10)
    for call in (backend.estimate, lambda b: backend.submit(b, "x")):
        with pytest.raises(UnsupportedCircuitError, match=f"Circuit 1 has {width}.*{advice}"):
            call(batch)


def test_too_many_shots():
    with pytest.raises(UnsupportedCircuitError, match="at most 1000000"):
        AerBackend().submit(Batch((FLIP,), 1_000_001), "x")


def test_estimate_is_free():
    cost = AerBackend().estimate(Batch((FLIP, FLIP), 50))
    assert (cost.circuits, cost.shots, cost.batches, cost.seconds) == (2, 100, 1, (0.0, 0.0))
    assert cost.money is None


def test_an_unknown_job_has_failed(monkeypatch):
    backend = AerBackend()
    gone = Handle("aer", "gone", 1, 10, (3,))
    assert backend.poll(gone).state is JobState.FAILED
    with pytest.raises(BadResultError, match="run it again"):
        backend.fetch(gone)
    assert not backend.cancel(gone)
    # Old counts make room for new ones.
    monkeypatch.setattr("quantum.backends.local._KEPT_RESULTS", 1)
    first, second = (backend.submit(Batch((FLIP,), 10), "x") for _ in range(2))
    assert backend.poll(first).state is JobState.FAILED
    assert backend.poll(second).state is JobState.DONE
    assert backend.fetch(second) == backend.fetch(second)


def test_what_aer_cannot_do_is_a_failed_job(monkeypatch):
    class Broken:
        def __init__(self, **settings):
            pass

        def run(self, circuits, **settings):
            return self

        def result(self):
            return type("Done", (), {"success": False, "status": "Insufficient memory"})()

    monkeypatch.setattr(aer, "AerSimulator", Broken)
    backend = AerBackend()
    handle = backend.submit(Batch((FLIP,), 10), "x")
    status = backend.poll(handle)
    assert (status.state, status.message) == (JobState.FAILED, "Insufficient memory")
