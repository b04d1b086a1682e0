"""The fault matrix, through the real SDK: nothing is sent twice, nothing is called failed early."""

import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from quantum.backends.base import Batch, JobState, Result
from quantum.backends.sdk.client import sdk_client
from quantum.exceptions import NotSentError
from quantum.jobs.advance import LEASE, RETRY_ASKING, advance, resolve
from quantum.jobs.sqlite_ledger import FileLedger
from tests.doubles.wukong_cloud import WukongDouble
from tests.quantum.backends.wukong_cast import (
    KEY,
    backend_at,
    circuit,
    driven,
    needs_sdk,
    planned,
)

pytestmark = needs_sdk
ROOT = Path(__file__).resolve().parents[3]
S = JobState
BATCH = Batch((circuit(), circuit(0.5)), 20)


@pytest.fixture(scope="module")
def running():
    with WukongDouble(silence=20.0) as double:
        yield double


@pytest.fixture
def double(running):
    running.heal()
    running.accepted.clear()
    running.calls.clear()
    running.tasks.clear()
    return running


@pytest.fixture
def ledger(tmp_path):
    return FileLedger(tmp_path / "jobs.sqlite3")


@pytest.mark.parametrize(
    ("fault", "state", "arrived"),
    [
        ("500", S.SUBMIT_UNKNOWN, 0),
        ("500_after", S.SUBMIT_UNKNOWN, 1),
        ("401", S.FAILED, 0),
        ("429", S.PLANNED, 0),
        ("html", S.SUBMIT_UNKNOWN, 0),
        ("empty", S.SUBMIT_UNKNOWN, 0),
        ("false", S.FAILED, 0),
        ("drop", S.SUBMIT_UNKNOWN, 0),
        ("drop_after", S.SUBMIT_UNKNOWN, 1),
        ("silence_after", S.SUBMIT_UNKNOWN, 1),
        ("no_task_id", S.SUBMIT_UNKNOWN, 1),
    ],
)
def test_faults_of_sending(double, ledger, fault, state, arrived):
    backend = backend_at(double.url, submit=2.0 if "silence" in fault else 30.0)
    job = planned(ledger, backend, BATCH)
    double.fault("submit", fault, times=1)
    found = advance(ledger, job.id, backend)
    assert (found.state, len(double.tasks)) == (state, arrived), found.message
    assert found.message
    assert KEY not in found.message
    late = datetime.now(UTC) + LEASE + timedelta(seconds=1)
    for now in (None, late):
        found = advance(ledger, job.id, backend, recover=True, now=now)
    # Only what certainly did not arrive was sent again, and that arrived once.
    assert double.calls["submit"] == (2 if state == S.PLANNED else 1)
    assert len(double.tasks) <= 1
    assert found.state == (S.SUBMITTED if state == S.PLANNED else state)


@pytest.mark.parametrize(
    ("call", "fault", "state"),
    [
        ("chips", "html", S.PLANNED),
        ("chips", "401", S.FAILED),
        ("chip_info", "empty", S.PLANNED),
        ("chip_info", "false", S.FAILED),
    ],
)
def test_faults_before_sending(double, ledger, call, fault, state):
    backend = backend_at(double.url)
    job = planned(ledger, backend, BATCH)
    double.fault(call, fault)
    found = advance(ledger, job.id, backend)
    assert found.state == state
    assert KEY not in found.message
    assert double.calls["submit"] == 0


def test_connection_refused_leaves_it_planned(ledger):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    backend = backend_at(f"http://127.0.0.1:{port}")
    found = advance(ledger, planned(ledger, backend, BATCH).id, backend)
    assert found.state == S.PLANNED
    assert "Not sent" in found.message


def test_connection_refused_at_the_post_itself():
    with WukongDouble() as double:
        backend = backend_at(double.url)
        backend.calibration()
    backend._check_online = lambda: None
    with pytest.raises(NotSentError, match="connect"):
        backend.submit(BATCH, "job-1")


@pytest.mark.parametrize(
    "fault",
    ["500", "401", "html", "empty", "false", "silence", "state_0", "state_6", "no_state"],
)
def test_faults_of_asking_are_not_failure(double, ledger, fault):
    patient = backend_at(double.url)
    job = planned(ledger, patient, BATCH)
    assert advance(ledger, job.id, patient).state == S.SUBMITTED
    double.fault("query", fault)
    asking = backend_at(double.url, ask=0.7) if fault == "silence" else patient
    found = advance(ledger, job.id, asking)
    assert found.state == S.CONTACT_LOST
    assert KEY not in found.message
    double.heal()
    later = datetime.now(UTC) + RETRY_ASKING + timedelta(seconds=1)
    assert advance(ledger, job.id, patient, now=later).state in {S.RUNNING, S.DONE}
    assert driven(ledger, job, patient).state == S.DONE
    assert double.calls["submit"] == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("state_4", "calibration was lost"),
        ("short", "1 results for 2 circuits"),
        ("wrong_width", "Qubits measured"),
    ],
)
def test_real_failures(double, ledger, fault, words):
    backend = backend_at(double.url)
    job = planned(ledger, backend, BATCH)
    double.fault("query", fault)
    found = driven(ledger, job, backend)
    assert found.state == S.FAILED
    assert words in found.message
    if fault != "state_4":
        assert found.task_id in Result.from_json(found.result).raw


def test_no_counts_but_probabilities(double, ledger):
    backend = backend_at(double.url)
    double.fault("query", "no_prob_count")
    found = driven(ledger, planned(ledger, backend, BATCH), backend)
    result = Result.from_json(found.result)
    assert result.from_probabilities
    assert "probabilities" in found.message
    assert [sum(counts.values()) for counts in result.counts] == [20, 20]


def test_the_sdks_process_killed_between_post_and_task_id(double, ledger):
    backend = backend_at(double.url)
    backend.calibration()
    job = planned(ledger, backend, BATCH)
    double.fault("submit", "silence_after", times=1)
    sender = threading.Thread(target=advance, args=(ledger, job.id, backend))
    sender.start()
    assert double.accepted.wait(10)
    os.kill(sdk_client(KEY, double.url).pid, signal.SIGKILL)
    sender.join(10)
    assert ledger.get(job.id).state == S.SUBMIT_UNKNOWN
    (task_id,) = double.tasks
    resolve(ledger, job.id, task_id=task_id)
    assert driven(ledger, job, backend).state == S.DONE
    assert double.calls["submit"] == 1


def test_our_process_killed_between_post_and_task_id(double, ledger, tmp_path):
    backend = backend_at(double.url)
    job = planned(ledger, backend, BATCH)
    double.fault("submit", "silence_after", times=1)
    code = f"""
import sys
from quantum.jobs.advance import advance
from quantum.jobs.sqlite_ledger import FileLedger
from tests.quantum.backends.wukong_cast import backend_at
backend = backend_at({double.url!r})
advance(FileLedger({str(tmp_path / "jobs.sqlite3")!r}), {job.id!r}, backend)
"""
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    assert double.accepted.wait(30)
    (helper,) = psutil.Process(worker.pid).children()
    worker.kill()
    worker.wait()
    helper.wait(5)  # it goes with its parent, though it waits for an answer
    assert advance(ledger, job.id, backend).state == S.SUBMITTING
    assert advance(ledger, job.id, backend, recover=True).state == S.SUBMIT_UNKNOWN
    (task_id,) = double.tasks
    resolve(ledger, job.id, task_id=task_id)
    assert driven(ledger, job, backend).state == S.DONE
    assert double.calls["submit"] == 1
