"""Readout inversion and zero-noise extrapolation, each against what happens without it."""

from dataclasses import replace

import numpy as np
import pytest

from quantum.backends.aer import AerBackend
from quantum.backends.base import Result
from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.observables import z, zz
from quantum.exceptions import BadResultError, CircuitError
from quantum.sampling import estimation, mitigation
from quantum.sampling.counts import read_counts
from quantum.sampling.estimation import DirectRunner, Estimator
from quantum.sampling.mitigation import ReadoutCorrection, extrapolate, fold, readout_circuits
from quantum.simulators import reference
from tests.quantum.exact_runner import CAPABILITIES
from tests.quantum.random_circuits import random_circuit

OBSERVABLES = (z(0), z(1), z(2), zz(0, 1), zz(1, 2))


def _chip(single: float, readout: float, cz: float) -> Calibration:
    figures = QubitFigures(single, readout, read_0_as_1=1.5 * (1 - readout), read_1_as_0=None)
    figures = replace(figures, read_1_as_0=0.5 * (1 - readout))
    couplers = (Coupler(0, 1, cz), Coupler(1, 2, cz))
    return Calibration("toy", "2026-01-01", 3, dict.fromkeys(range(3), figures), couplers)


def _chain() -> Circuit:
    operations = [Operation("ry", (q,), 0.6) for q in range(3)]
    operations += [Operation("cz", (0, 1)), Operation("cz", (1, 2))]
    operations += [Operation("ry", (q,), 0.3) for q in range(3)]
    return Circuit(3, tuple(operations), OBSERVABLES)


def _errors(chip: Calibration, **options) -> float:
    """Mean distance from the oracle on a noisy machine."""
    circuit = _chain()
    backend = AerBackend(calibration=chip)
    estimator = Estimator(
        DirectRunner(backend), backend.capabilities(), 100_000, seed=11, **options
    )
    exact = reference.expectations(circuit, np.zeros((1, 0)), np.zeros(0))[0]
    return float(np.abs(estimator.expectations([circuit]).values[0] - exact).mean())


def test_readout_mitigation_takes_readout_errors_away(monkeypatch):
    chip = _chip(1.0, 0.90, 1.0)
    without, with_it = _errors(chip), _errors(chip, readout_mitigation=True)
    assert without > 0.08
    assert with_it < 0.1 * without
    # Were the correction the identity, the test above would see it.
    same = ReadoutCorrection(np.ones(3), -np.ones(3), np.zeros((2, 3)))
    monkeypatch.setattr(ReadoutCorrection, "measured", classmethod(lambda cls, *_: same))
    assert _errors(chip, readout_mitigation=True) == pytest.approx(without, rel=0.1)


def test_extrapolation_takes_most_of_the_gate_noise_away(monkeypatch):
    chip = _chip(1.0, 1.0, 0.95)
    without, with_it = _errors(chip), _errors(chip, zne=True)
    assert without > 0.03
    assert with_it < 0.35 * without
    monkeypatch.setattr(estimation.mitigation, "fold", lambda circuit, times: circuit)
    assert _errors(chip, zne=True) == pytest.approx(without, rel=0.1)


def test_both_together():
    chip = _chip(0.998, 0.92, 0.97)
    assert _errors(chip, readout_mitigation=True, zne=True) < 0.35 * _errors(chip)


def test_inversion_by_hand():
    # P(1|0) = 0.1 and P(0|1) = 0.3 on qubit 0; qubit 1 reads right.
    zero = read_counts({"00": 90, "01": 10}, 2)
    one = read_counts({"11": 70, "10": 30}, 2)
    found = ReadoutCorrection.measured(zero, one)
    for share, truth in ((0.1, 1), (0.7, -1)):
        value = (1 - share) * found.zero[0] + share * found.one[0]
        assert value == pytest.approx(truth)
    assert (found.zero[1], found.one[1]) == (1, -1)


@pytest.mark.parametrize("theta", [0.2, 1.6, 2.9])
def test_the_standard_error_holds_the_readout_circuits_spread(theta):
    """Readings of two qubits are drawn by hand, many times over."""
    rng = np.random.default_rng(3)
    flip_zero, flip_one, shots = 0.05, 0.25, 300
    share = np.sin(theta / 2) ** 2

    def draw(probability):
        ones = rng.random((shots, 2)) < probability * (1 - flip_one) + (1 - probability) * flip_zero
        texts = ["".join("01"[int(bit)] for bit in row[::-1]) for row in ones]
        return {text: texts.count(text) for text in set(texts)}

    class Machine:
        def run(self, batch):
            return Result((draw(0.0), draw(1.0), draw(share)))

    circuit = Circuit(2, (Operation("ry", (0,), theta),), (z(0), z(1), zz(0, 1)))
    estimator = Estimator(Machine(), CAPABILITIES, shots, readout_mitigation=True)
    truth = np.array([np.cos(theta), np.cos(theta), np.cos(theta) ** 2])
    runs = [estimator.expectations([circuit]) for _ in range(300)]
    spread = np.std([run.values[0] for run in runs], axis=0)
    told = np.mean([run.stderr[0] for run in runs], axis=0)
    mean = np.mean([run.values[0] for run in runs], axis=0)
    np.testing.assert_allclose(mean, truth, atol=5 * spread.max() / np.sqrt(300) + 0.01)
    assert (told > 0.85 * spread).all()
    assert (told < 2.0 * spread).all()


def test_a_blind_qubit_is_named():
    coin = read_counts({"00": 50, "10": 50}, 2)
    with pytest.raises(BadResultError, match=r"qubits \[1\]"):
        ReadoutCorrection.measured(coin, read_counts({"01": 50, "11": 50}, 2))


def test_readout_circuits():
    for circuit, text in zip(readout_circuits(3), ("000", "111"), strict=True):
        assert abs(reference.statevector(circuit, [], [])[int(text, 2)]) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(8))
def test_folding_keeps_the_meaning(seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed, n_qubits=3).bind(rng.normal(size=3), rng.normal(size=4))
    folded = fold(circuit, 3)
    assert folded.two_qubit_count() == 3 * circuit.two_qubit_count() > 0
    np.testing.assert_allclose(
        reference.statevector(folded, [], []), reference.statevector(circuit, [], []), atol=1e-12
    )
    assert fold(circuit, 1) == circuit


@pytest.mark.parametrize("times", [0, 2, -1])
def test_folds_are_odd(times):
    with pytest.raises(CircuitError, match="odd"):
        fold(_chain(), times)


def test_a_line_is_followed_exactly():
    truth, slope = np.array([0.8, -0.2]), np.array([-0.1, 0.05])
    values = np.stack([truth + slope * times for times in mitigation.FOLDS])
    found, errors = extrapolate(values, np.full((2, 2), 0.01))
    np.testing.assert_allclose(found, truth)
    np.testing.assert_allclose(errors, 0.01 * np.sqrt(1.5**2 + 0.5**2))
