"""The state machine, one outcome at a time: what each fault leads to and what a person reads."""

from datetime import UTC, datetime, timedelta

import pytest

from quantum.backends.base import JobState, Result
from quantum.exceptions import BackendMissingError, CapExceededError, JobFailedError
from quantum.jobs.advance import LEASE, RETRY_ASKING, RETRY_SENDING, advance, cancel, resolve
from quantum.jobs.caps import Cap
from quantum.jobs.runner import LedgerRunner
from quantum.jobs.sqlite_ledger import FileLedger
from quantum.jobs.states import FINAL, MOVES, SENT
from tests.quantum.jobs.cloud import Crash, FakeCloud, batch
from tests.quantum.jobs.ledger_properties import new_job

S = JobState


@pytest.fixture
def ledger(tmp_path):
    return FileLedger(tmp_path / "jobs.sqlite3")


@pytest.fixture
def job(ledger):
    return ledger.plan(new_job())


def later(wait):
    return datetime.now(UTC) + wait + timedelta(seconds=1)


def test_the_way_to_done(ledger, job):
    cloud = FakeCloud(poll=["queued", "running"])
    states = [advance(ledger, job.id, cloud).state for _ in range(5)]
    assert states == [S.SUBMITTED, S.QUEUED, S.RUNNING, S.DONE, S.DONE]
    found = ledger.get(job.id)
    assert found.task_id == f"TASK-{job.id}"
    assert Result.from_json(found.result).counts == ({"00": 10}, {"00": 10})
    assert cloud.calls == {"submit": 1, "poll": 3, "fetch": 1}


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        ("not_sent", S.PLANNED, "Not sent: Connection refused"),
        ("refused", S.FAILED, "Refused: No"),
        ("unknown", S.SUBMIT_UNKNOWN, "provider's console"),
        ("unknown_arrived", S.SUBMIT_UNKNOWN, "provider's console"),
        ("surprise_arrived", S.SUBMIT_UNKNOWN, "a fault of our own"),
    ],
)
def test_sending(ledger, job, outcome, state, words):
    found = advance(ledger, job.id, FakeCloud(submit=[outcome]))
    assert found.state == state
    assert words in found.message


def test_what_did_not_arrive_is_sent_again_after_a_pause(ledger, job):
    cloud = FakeCloud(submit=["not_sent"])
    advance(ledger, job.id, cloud)
    assert advance(ledger, job.id, cloud).state == S.PLANNED
    assert cloud.calls["submit"] == 1
    found = advance(ledger, job.id, cloud, now=later(RETRY_SENDING))
    assert (found.state, found.message) == (S.SUBMITTED, "")


def test_a_missing_sdk_leaves_the_job_planned(ledger, job):
    class Bare(FakeCloud):
        def submit(self, batch, client_ref):
            raise BackendMissingError("pip install it")

    found = advance(ledger, job.id, Bare())
    assert found.state == S.PLANNED
    assert "pip install it" in found.message


@pytest.mark.parametrize("outcome", ["crash", "crash_arrived"])
def test_a_dead_sender(ledger, job, outcome):
    cloud = FakeCloud(submit=[outcome])
    with pytest.raises(Crash):
        advance(ledger, job.id, cloud)
    assert advance(ledger, job.id, cloud).state == S.SUBMITTING  # perhaps it is alive
    assert advance(ledger, job.id, cloud, now=later(LEASE)).state == S.SUBMIT_UNKNOWN
    assert cloud.calls["submit"] == 1


def test_a_dead_sender_is_known_to_the_only_one(ledger, job):
    with pytest.raises(Crash):
        advance(ledger, job.id, FakeCloud(submit=["crash"]))
    assert advance(ledger, job.id, FakeCloud(), recover=True).state == S.SUBMIT_UNKNOWN


def test_a_slow_sender_taken_for_dead_still_tells_the_task(ledger, job):
    class Slow(FakeCloud):
        def submit(self, batch, client_ref):
            assert advance(ledger, job.id, FakeCloud(), recover=True).state == S.SUBMIT_UNKNOWN
            return super().submit(batch, client_ref)

    found = advance(ledger, job.id, Slow())
    assert (found.state, found.task_id) == (S.SUBMITTED, f"TASK-{job.id}")


def test_a_person_decides(ledger, job):
    cloud = FakeCloud(submit=["unknown_arrived"])
    advance(ledger, job.id, cloud)
    assert resolve(ledger, job.id, task_id=f" TASK-{job.id} ").state == S.SUBMITTED
    assert advance(ledger, job.id, cloud).state == S.DONE
    with pytest.raises(JobFailedError, match="needs no decision"):
        resolve(ledger, job.id, task_id=None)


def test_a_person_does_not_find_it(ledger, job):
    advance(ledger, job.id, FakeCloud(submit=["unknown"]))
    assert resolve(ledger, job.id, task_id=None).state == S.FAILED


@pytest.mark.parametrize("lost_in", ["poll", "fetch"])
def test_lost_contact_is_not_failure(ledger, job, lost_in):
    cloud = FakeCloud(**{lost_in: ["lost"]})
    advance(ledger, job.id, cloud)
    found = advance(ledger, job.id, cloud)
    assert found.state == S.CONTACT_LOST
    assert "Asked again" in found.message
    asked = cloud.calls["poll"]
    assert advance(ledger, job.id, cloud).state == S.CONTACT_LOST
    assert cloud.calls["poll"] == asked  # not at once
    assert advance(ledger, job.id, cloud, now=later(RETRY_ASKING)).state == S.DONE


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("bad", "Not readable"), ("short", "1 results for 2"), ("wide", "for 2 qubits")],
)
def test_a_bad_result_fails_and_is_kept(ledger, job, outcome, words):
    cloud = FakeCloud(fetch=[outcome])
    advance(ledger, job.id, cloud)
    found = advance(ledger, job.id, cloud)
    assert found.state == S.FAILED
    assert words in found.message
    assert Result.from_json(found.result).raw in {"<html>", "raw"}


def test_the_provider_says_failed(ledger, job):
    cloud = FakeCloud(poll=["failed"])
    advance(ledger, job.id, cloud)
    found = advance(ledger, job.id, cloud)
    assert (found.state, found.message) == (S.FAILED, "told")


@pytest.mark.parametrize(
    ("outcome", "state", "words"),
    [
        ("yes", S.CANCELLED, "may be billed"),
        ("no", S.SUBMITTED, "did not agree"),
        ("lost", S.SUBMITTED, "No answer"),
    ],
)
def test_cancel_at_the_provider(ledger, job, outcome, state, words):
    cloud = FakeCloud(cancel=[outcome])
    advance(ledger, job.id, cloud)
    found = cancel(ledger, job.id, cloud)
    assert found.state == state
    assert words in found.message


def test_cancel_before_sending_asks_nobody(ledger, job):
    cloud = FakeCloud()
    assert cancel(ledger, job.id, cloud).state == S.CANCELLED
    assert advance(ledger, job.id, cloud).state == S.CANCELLED
    assert not cloud.calls


def test_moves():
    assert all(not MOVES[state] for state in FINAL)
    assert {before for before in S if S.PLANNED in MOVES[before]} == {S.SUBMITTING}
    assert {before for before in S if S.SUBMITTING in MOVES[before]} == {S.PLANNED}
    assert not SENT & FINAL


def test_runner_runs_a_batch_once(ledger):
    cloud = FakeCloud(poll=["queued"])
    runner = LedgerRunner(cloud, ledger, "run-1", poll_seconds=0, caps=[Cap("run", circuits=2)])
    assert runner.run(batch()) == runner.run(batch())
    assert cloud.calls["submit"] == 1
    with pytest.raises(CapExceededError):
        runner.run(batch(1))


def test_runner_after_a_restart(ledger):
    cloud = FakeCloud(poll=["crash"])
    with pytest.raises(Crash):
        LedgerRunner(cloud, ledger, "run-1", poll_seconds=0).run(batch())
    assert LedgerRunner(cloud, ledger, "run-1", poll_seconds=0).run(batch()).counts
    assert cloud.calls["submit"] == 1


def test_runner_stops_for_a_decision_and_when_told(ledger):
    runner = LedgerRunner(FakeCloud(submit=["unknown"]), ledger, "run-1", poll_seconds=0)
    with pytest.raises(JobFailedError, match="submit_unknown"):
        runner.run(batch())

    def stop():
        raise KeyboardInterrupt

    waiting = LedgerRunner(FakeCloud(), ledger, "run-2", poll_seconds=0, between_polls=stop)
    with pytest.raises(KeyboardInterrupt):
        waiting.run(batch())
    assert [job.state for job in ledger.jobs("run-2")] == [S.SUBMITTED]
