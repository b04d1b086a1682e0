"""Which circuits are run for expectation values, and what is made of their counts."""

from dataclasses import replace

import numpy as np
import pytest

from quantum.backends.aer import AerBackend
from quantum.backends.base import Handle, JobState, Result, Status
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.observables import PauliString, pauli, z, zz
from quantum.exceptions import (
    BadResultError,
    CircuitError,
    JobFailedError,
    UnsupportedCircuitError,
)
from quantum.sampling.estimation import DirectRunner, Estimator
from quantum.simulators import reference
from tests.quantum.exact_runner import CAPABILITIES, ExactRunner
from tests.quantum.random_circuits import random_circuit

ALL_OBSERVABLES = (z(0), pauli("XXI"), zz(0, 2), pauli("YIX"), pauli("XZY"), PauliString(()))


def _bound(seed: int, observables=ALL_OBSERVABLES) -> Circuit:
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed, n_qubits=3, length=15)
    bound = circuit.bind(rng.normal(size=3).tolist(), rng.normal(size=4).tolist())
    return replace(bound, observables=observables)


def _oracle(circuits) -> np.ndarray:
    none = np.zeros((1, 0))
    return np.array([reference.expectations(c, none, np.zeros(0))[0] for c in circuits])


@pytest.mark.parametrize("options", [{}, {"readout_mitigation": True}, {"zne": True}])
def test_without_noise_the_oracles_values_come_out(options):
    circuits = [_bound(seed) for seed in range(3)]
    runner = ExactRunner()
    found = Estimator(runner, CAPABILITIES, 1000, **options).expectations(circuits)
    np.testing.assert_allclose(found.values, _oracle(circuits), atol=3e-5)
    assert found.values.shape == found.stderr.shape == (3, len(ALL_OBSERVABLES))


def test_grouped_is_the_same_as_one_observable_at_a_time():
    circuit = _bound(7)
    together = Estimator(ExactRunner(), CAPABILITIES, 1000).expectations([circuit])
    alone = [
        Estimator(ExactRunner(), CAPABILITIES, 1000)
        .expectations([replace(circuit, observables=(item,))])
        .values[0, 0]
        for item in ALL_OBSERVABLES
    ]
    np.testing.assert_allclose(together.values[0], alone, atol=3e-5)
    assert together.circuits == 4


@pytest.mark.parametrize("mitigation", [False, True])
def test_the_plan_is_what_runs(mitigation):
    circuits = [_bound(seed) for seed in range(4)]
    runner = ExactRunner()
    estimator = Estimator(
        runner, CAPABILITIES, 1000, seed=40, readout_mitigation=mitigation, zne=True
    )
    plan = estimator.plan(circuits)
    assert runner.batches == []
    found = estimator.expectations(circuits)
    assert tuple(runner.batches) == plan
    assert [batch.seed for batch in plan] == list(range(40, 40 + len(plan)))
    assert all(len(batch.circuits) <= 5 for batch in plan)
    assert found.batches == len(plan)
    assert found.circuits == sum(len(batch.circuits) for batch in plan)
    assert found.shots == 1000 * found.circuits
    # 4 circuits, 4 measurement groups, 2 folds; mitigation takes 2 of a batch's 5 places.
    assert found.circuits == 32 + (2 * 11 if mitigation else 0)


def test_equal_circuits_run_once():
    first, second = _bound(1), _bound(2)
    runner = ExactRunner()
    found = Estimator(runner, CAPABILITIES, 1000).expectations([first, second, first])
    assert found.circuits == 8
    np.testing.assert_array_equal(found.values[0], found.values[2])
    assert not np.allclose(found.values[0], found.values[1])


def test_shots_scatter_as_the_standard_error_says():
    circuit = _bound(3, (z(0), z(1), zz(0, 1), pauli("XXX")))
    backend = AerBackend()
    truth = _oracle([circuit])[0]
    runs = [
        Estimator(DirectRunner(backend), backend.capabilities(), 400, seed=seed).expectations(
            [circuit]
        )
        for seed in range(0, 400, 10)
    ]
    pulls = np.array([(run.values[0] - truth) / run.stderr[0] for run in runs])
    assert np.abs(pulls).max() < 5
    assert 0.6 < pulls.std() < 1.4


def test_no_circuits():
    found = Estimator(ExactRunner(), CAPABILITIES, 10).expectations([])
    assert (found.circuits, found.batches, found.shots, found.values.shape) == (0, 0, 0, (0, 0))


def test_limits_are_told_before_anything_runs():
    circuit = _bound(1)
    with pytest.raises(UnsupportedCircuitError, match="2000000 shots"):
        Estimator(ExactRunner(), CAPABILITIES, 2_000_000).plan([circuit])
    wide = Circuit(7, (), (z(6),))
    with pytest.raises(UnsupportedCircuitError, match="7 qubits"):
        Estimator(ExactRunner(), CAPABILITIES, 10).plan([wide])
    narrow = replace(CAPABILITIES, max_circuits=2)
    with pytest.raises(UnsupportedCircuitError, match="readout mitigation"):
        Estimator(ExactRunner(), narrow, 10, readout_mitigation=True).plan([circuit])


def test_circuits_must_match_and_be_bound():
    estimator = Estimator(ExactRunner(), CAPABILITIES, 10)
    with pytest.raises(CircuitError, match="Circuit 1 differs"):
        estimator.plan([_bound(1), _bound(2, (z(0),))])
    with pytest.raises(CircuitError, match="bind"):
        estimator.plan([random_circuit(3, n_qubits=2)])


def test_a_short_result_is_refused():
    class Short(ExactRunner):
        def run(self, batch):
            return Result(super().run(batch).counts[:-1], raw="as it came")

    with pytest.raises(BadResultError, match="3 came back") as caught:
        Estimator(Short(), CAPABILITIES, 10).expectations([_bound(1)])
    assert caught.value.raw == "as it came"


def test_the_direct_runner_waits_and_tells_failure():
    class Slow:
        states = [JobState.QUEUED, JobState.RUNNING]
        end = JobState.DONE

        def submit(self, batch, client_ref):
            return Handle("slow", client_ref, 1, batch.shots, (1,))

        def poll(self, handle):
            return Status(self.states.pop(0) if self.states else self.end, "out of helium")

        def fetch(self, handle):
            return Result(({"1": 10},))

    batch = Estimator(ExactRunner(), CAPABILITIES, 10).plan(
        [Circuit(1, (Operation("x", (0,)),), (z(0),))]
    )[0]
    backend = Slow()
    assert DirectRunner(backend, pause=0).run(batch).counts == ({"1": 10},)
    backend.end = JobState.FAILED
    with pytest.raises(JobFailedError, match="out of helium"):
        DirectRunner(backend, pause=0).run(batch)
