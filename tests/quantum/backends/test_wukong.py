"""The way to the cloud and back through the real SDK, against the contract double."""

import math

import pytest
from qiskit.quantum_info import Statevector

from quantum.backends.base import Batch, JobState, Result
from quantum.backends.wukong import WukongBackend
from quantum.chips.calibration import Calibration
from quantum.chips.published import published_72
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import (
    BackendMissingError,
    ContactLostError,
    NotSentError,
    OptionError,
    RefusedError,
    UnsupportedCircuitError,
)
from quantum.jobs.advance import cancel
from quantum.jobs.runner import LedgerRunner
from quantum.jobs.sqlite_ledger import FileLedger
from quantum.sampling.costs import Tariff
from tests.doubles.wukong_chips import line, patchy_72
from tests.doubles.wukong_cloud import WukongDouble
from tests.doubles.wukong_sampling import measurements
from tests.quantum.backends.wukong_cast import (
    KEY,
    OTHER_KEY,
    backend_at,
    circuit,
    driven,
    finished,
    needs_sdk,
    planned,
)
from tests.quantum.random_circuits import random_circuit

pytestmark = needs_sdk


@pytest.fixture(scope="module")
def double():
    with WukongDouble(polls=1, keys={KEY, OTHER_KEY}) as running:
        yield running


@pytest.fixture
def ledger(tmp_path):
    return FileLedger(tmp_path / "jobs.sqlite3")


def test_chips_and_figures_are_read(double):
    backend = backend_at(double.url)
    assert backend.chips() == {"72": True, "WK_C180": False}
    assert backend.capabilities().max_qubits == 72
    found = backend.calibration()
    made = patchy_72()
    assert found.qubits == made.qubits
    assert found.couplers == made.couplers
    assert found.live_couplers == made.live_couplers
    assert (found.chip, found.n_qubits, found.single_gate_ns) == ("72", 72, made.single_gate_ns)
    assert Calibration.from_json(found.to_json()) == found
    assert backend.capabilities().max_qubits == 66


def test_a_batch_runs_and_bits_keep_their_order(double, ledger):
    backend = backend_at(double.url)
    job = driven(ledger, planned(ledger, backend, Batch((circuit(), circuit(0.5)), 400)), backend)
    assert job.state == JobState.DONE, job.message
    result = Result.from_json(job.result)
    assert not result.from_probabilities
    assert '"taskState": "3"' in result.raw
    for counts in result.counts:
        assert counts.keys() == {"001", "111"}
        assert sum(counts.values()) == 400
        assert 130 < counts["001"] < 270  # 200 +- 7 standard errors
    task = double.tasks[job.task_id]
    assert task.body["batchNo"] == job.id
    assert task.body["Configuration"]["shot"] == 400
    assert task.body["Configuration"]["amendFlag"] == 0
    assert task.body["Configuration"]["mappingFlag"] is False
    assert task.body["Configuration"]["circuitOptimization"] is False
    assert task.body["Configuration"]["isProbcount"] is True


def test_random_circuits_agree_with_exact_probabilities(double):
    backend, shots = backend_at(double.url), 4000
    bound = [random_circuit(seed, n_qubits=3).bind([0.3] * 3, [0.7] * 4) for seed in (1, 2, 3)]
    circuits = tuple(Circuit(3, item.operations) for item in bound)
    handle = backend.submit(Batch(circuits, shots), "agreement")
    for circuit_, counts in zip(circuits, finished(backend, handle).counts, strict=True):
        exact = Statevector(to_qiskit(circuit_)).probabilities_dict()
        assert counts.keys() <= {bits for bits, p in exact.items() if p > 1e-6}
        for bits, p in exact.items():
            error = math.sqrt(p * (1 - p) / shots)
            assert abs(counts.get(bits, 0) / shots - p) <= 5 * error + 1e-6


def test_sent_gates_lie_on_live_couplers(double):
    backend = backend_at(double.url)
    chip = backend.calibration()
    ring = Circuit(5, tuple(Operation("cry", (q, (q + 1) % 5), 0.4) for q in range(5)))
    readout = Circuit(5, tuple(Operation("x", (q,)) for q in range(5)))
    texts = backend.programs([readout, ring], chip)
    for text in texts:
        assert text.startswith("QINIT 72\nCREG 5\n")
        assert len(measurements(text)) == 5
        assert {text.split(" ")[0] for text in text.splitlines()} <= {
            "QINIT",
            "CREG",
            "RZ",
            "RY",
            "CZ",
            "MEASURE",
        }
        for row in text.splitlines():
            if row.startswith("CZ"):
                first, second = (int(part.strip("q[]")) for part in row[3:].split(","))
                assert (min(first, second), max(first, second)) in chip.live_couplers
    assert measurements(texts[0]) == measurements(texts[1])


def test_cancel(double, ledger):
    backend = backend_at(double.url)
    handle = backend.submit(Batch((circuit(),), 10), "job-1")
    assert backend.cancel(handle)
    assert backend.poll(handle).state == JobState.FAILED
    job = planned(ledger, backend, Batch((circuit(),), 11))
    assert cancel(ledger, job.id, backend).state == JobState.CANCELLED


def test_tasks_belong_to_a_key(double):
    alice, bob = backend_at(double.url), backend_at(double.url, OTHER_KEY)
    handle = alice.submit(Batch((circuit(),), 10), "job-2")
    with pytest.raises(ContactLostError, match="task does not exist"):
        bob.poll(handle)
    assert alice.poll(handle).state == JobState.QUEUED
    assert double.tasks[handle.job_id].key == KEY


def test_a_wrong_key_is_refused(double):
    backend = backend_at(double.url, "nobody-knows-this")
    backend._check_online = lambda: None
    with pytest.raises(RefusedError, match="invalid or expired"):
        backend.submit(Batch((circuit(),), 10), "job-3")


def test_chips_that_are_away(double):
    with pytest.raises(NotSentError, match="WK_C180 is offline now. Online: 72"):
        backend_at(double.url, chip="WK_C180").submit(Batch((circuit(),), 10), "job-4")
    with pytest.raises(RefusedError, match="no chip 'WK_C999'"):
        backend_at(double.url, chip="WK_C999").submit(Batch((circuit(),), 10), "job-5")


def test_limits_are_checked_here():
    backend = backend_at("http://127.0.0.1:9", max_shots=100)
    for batch, words in (
        (Batch((circuit(),), 101), "101 shots"),
        (Batch((circuit(),) * 201, 1), "201 circuits"),
        (Batch((Circuit(73, ()),), 1), "needs 73"),
    ):
        with pytest.raises(UnsupportedCircuitError, match=words):
            backend.estimate(batch)
        with pytest.raises(UnsupportedCircuitError, match=words):
            backend.submit(batch, "job-6")


def test_estimate_has_money_only_with_a_tariff():
    batch = Batch((circuit(),) * 10, 1000)
    assert backend_at("").estimate(batch).money is None
    priced = WukongBackend({}, KEY, tariff=Tariff(17.0, "CNY")).estimate(batch)
    assert priced.currency == "CNY"
    assert priced.money == pytest.approx(17.0 * priced.seconds[1])


@pytest.mark.parametrize("key", ["", "short", "has a\nbreak in it", "ключ-кириллицей"])
def test_what_is_not_a_key(key):
    with pytest.raises(OptionError) as caught:
        WukongBackend({}, key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://x", "cloud", "http://u:p@host/", "http://a b"])
def test_bad_addresses(url):
    with pytest.raises(OptionError, match="url"):
        backend_at(url)


def test_without_the_sdk(monkeypatch):
    monkeypatch.setattr("quantum.backends.sdk.client.sdk_missing", lambda: "pip install it")
    with pytest.raises(BackendMissingError, match="pip install"):
        backend_at("http://127.0.0.1:9").chips()


def test_noise_of_the_double_shows():
    chip = line(3)
    with WukongDouble({"72": (chip, True)}, noisy=True) as noisy:
        backend = backend_at(noisy.url)
        handle = backend.submit(Batch((circuit(),), 2000), "job-7")
        counts = finished(backend, handle).counts[0]
    good = counts["001"] + counts["111"]
    assert 1200 < good < 1950  # readout alone keeps 0.93**3 = 0.80 of the shots


def test_the_whole_chip(tmp_path):
    chip = published_72()
    operations = [Operation("ry", (q,), 0.3) for q in range(72)]
    operations += [Operation("cz", pair) for pair in chip.live_couplers[:71]]
    wide = Circuit(72, (*operations, Operation("x", (71,))))
    with WukongDouble({"72": (chip, True)}) as double:
        backend = backend_at(double.url)
        runner = LedgerRunner(
            backend, FileLedger(tmp_path / "jobs.sqlite3"), "run-1", poll_seconds=0.05
        )
        (counts,) = runner.run(Batch((wide,), 200)).counts
    assert {len(bits) for bits in counts} == {72}
    ones = sum(number for bits, number in counts.items() if bits[0] == "1")
    assert ones > 180  # qubit 71 was flipped: cos(0.15)**2 = 0.98
