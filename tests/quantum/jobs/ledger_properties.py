"""What every ledger must keep, whatever crashes: the file's and the site's run the same suite.

Each property takes a factory of empty ledgers. ``schedules`` draws orders of calls and crashes for
``never_sent_twice``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from quantum.backends.base import JobState
from quantum.exceptions import CapExceededError, JobFailedError
from quantum.jobs.advance import LEASE, advance, cancel, resolve
from quantum.jobs.caps import Cap
from quantum.jobs.job import Job, NewJob
from quantum.jobs.ledger import Ledger
from quantum.jobs.states import FINAL, allowed
from tests.quantum.jobs.cloud import CANCEL, FETCH, POLL, SUBMIT, Crash, FakeCloud, batch

MakeLedger = Callable[[], Ledger]
CIRCUITS_CAP = 6
ACTIONS = ("advance", "advance", "advance", "late", "recover", "cancel", "found", "absent", "plan")


@dataclass(frozen=True)
class Step:
    """One call by a process that may die in it.

    Attributes:
        action: One of ``ACTIONS``.
        batch: Number of the batch that it is about.
        ledger_call: The process dies at this call of the ledger, counted from 1; 0 for never.
        after: It dies after that call was done, not before.
    """

    action: str
    batch: int
    ledger_call: int
    after: bool


@dataclass(frozen=True)
class Schedule:
    """Steps, and what the provider does in turn."""

    steps: tuple[Step, ...]
    submit: tuple[str, ...]
    poll: tuple[str, ...]
    fetch: tuple[str, ...]
    cancel: tuple[str, ...]


def schedules() -> st.SearchStrategy[Schedule]:
    """Random orders of calls, outcomes and crashes, of four batches of which three fit the cap."""
    step = st.builds(
        Step, st.sampled_from(ACTIONS), st.integers(0, 3), st.integers(0, 4), st.booleans()
    )

    def outcomes(kinds: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(kinds), max_size=8).map(tuple)

    return st.builds(
        Schedule,
        st.lists(step, min_size=5, max_size=40).map(tuple),
        outcomes(SUBMIT),
        outcomes(POLL),
        outcomes(FETCH),
        outcomes(CANCEL),
    )


class Mortal:
    """A ledger in the hands of a process that dies at one of its calls."""

    def __init__(self, ledger: Ledger, dies_at: int, after: bool) -> None:
        self._ledger, self._dies_at, self._after, self._calls = ledger, dies_at, after, 0

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            if self._calls == self._dies_at and not self._after:
                raise Crash
            if name == "move":
                assert allowed(kwargs["expected"], kwargs["to"])
            found = getattr(self._ledger, name)(*args, **kwargs)
            if self._calls == self._dies_at:
                raise Crash
            return found

        return call


def new_job(number: int = 0, scope: str = "run-1", user: str = "alice", **given: Any) -> NewJob:
    """A planned batch of two circuits with ten shots."""
    made = batch(number, **given)
    return NewJob.of(
        made, FakeCloud().estimate(made), scope=scope, backend="fake", run=scope, user=user
    )


def never_sent_twice(make_ledger: MakeLedger, schedule: Schedule) -> None:
    """No order of crashes sends a batch twice, passes a cap, or loses a job for good."""
    ledger, caps = make_ledger(), [Cap("run", circuits=CIRCUITS_CAP)]
    cloud = FakeCloud(
        submit=schedule.submit, poll=schedule.poll, fetch=schedule.fetch, cancel=schedule.cancel
    )
    jobs: dict[int, str] = {}
    ended: dict[str, Job] = {}
    for step in schedule.steps:
        mortal = Mortal(ledger, step.ledger_call, step.after)
        try:
            _do(step, mortal, cloud, jobs, caps)
        except (Crash, CapExceededError, JobFailedError):
            pass
        _check(ledger, cloud, jobs, ended)
    cloud.script.clear()
    for number, job_id in jobs.items():
        job = _finish(ledger, cloud, job_id)
        assert job.state in FINAL
        if job.state == JobState.DONE:
            assert cloud.arrived[batch(number).fingerprint()] == 1
            assert job.result
    _check(ledger, cloud, jobs, ended)


def _do(step: Step, ledger: Any, cloud: FakeCloud, jobs: dict[int, str], caps: list[Cap]) -> None:
    if step.action == "plan" or step.batch not in jobs:
        planned = ledger.plan(new_job(step.batch), caps)
        assert jobs.setdefault(step.batch, planned.id) == planned.id
        return
    job_id = jobs[step.batch]
    late = datetime.now(UTC) + LEASE + timedelta(seconds=1)
    if step.action == "cancel":
        cancel(ledger, job_id, cloud)
    elif step.action == "absent":
        resolve(ledger, job_id, task_id=None)
    elif step.action == "found":
        if job_id in cloud.task_of:  # a person finds it only where it is
            resolve(ledger, job_id, task_id=cloud.task_of[job_id])
    elif step.action == "late":
        advance(ledger, job_id, cloud, now=late)
    else:
        advance(ledger, job_id, cloud, recover=step.action == "recover")


def _check(ledger: Ledger, cloud: FakeCloud, jobs: dict[int, str], ended: dict[str, Job]) -> None:
    assert all(times == 1 for times in cloud.arrived.values())
    found = [ledger.get(job_id) for job_id in jobs.values()]
    # All count, but those cancelled before they were sent.
    counted = (job for job in found if job.state != JobState.CANCELLED or job.task_id)
    used = sum(job.new.circuits for job in counted)
    assert used <= CIRCUITS_CAP
    for job in found:
        if job.state in FINAL:
            assert ended.setdefault(job.id, job) == job
        if job.task_id:
            assert job.task_id == cloud.task_of[job.id]


def _finish(ledger: Ledger, cloud: FakeCloud, job_id: str) -> Job:
    late = datetime.now(UTC) + LEASE + timedelta(seconds=1)
    for _ in range(6):
        job = ledger.get(job_id)
        if job.state == JobState.SUBMIT_UNKNOWN:
            resolve(ledger, job_id, task_id=cloud.task_of.get(job_id))
        elif job.state not in FINAL:
            advance(ledger, job_id, cloud, now=late)
    return ledger.get(job_id)


def plan_is_idempotent(make_ledger: MakeLedger) -> None:
    """Scope and fingerprint name one job; it is found again even where a cap is full by now."""
    ledger, caps = make_ledger(), [Cap("run", circuits=2)]
    first = ledger.plan(new_job(), caps)
    assert first.state == JobState.PLANNED
    assert first.batch == batch()
    assert ledger.plan(new_job(), caps) == first == ledger.get(first.id)
    other = ledger.plan(new_job(scope="run-2"), caps)
    assert other.id != first.id
    with pytest.raises(LookupError):
        ledger.get("no-such-job")


def moves_compare_and_set(make_ledger: MakeLedger) -> None:
    """A move happens from the expected state only, writes its changes, and keeps the rest."""
    ledger = make_ledger()
    job = ledger.plan(new_job(), [])
    move = {"expected": JobState.PLANNED, "to": JobState.SUBMITTING}
    assert ledger.move(job.id, **move, message="now")
    assert not ledger.move(job.id, **move)
    found = ledger.get(job.id)
    assert (found.state, found.message, found.new) == (JobState.SUBMITTING, "now", job.new)
    assert found.updated_at >= job.updated_at == job.created_at
    assert found.updated_at.tzinfo is not None
    with pytest.raises(ValueError):
        ledger.move(job.id, expected=JobState.SUBMITTING, to=JobState.DONE)
    with pytest.raises(ValueError):
        ledger.move(job.id, expected=JobState.SUBMITTING, to=JobState.FAILED, payload="")


def caps_hold(make_ledger: MakeLedger) -> None:
    """Every kind and every unit refuses, says why, and writes nothing."""
    cost = FakeCloud().estimate(batch())
    limits = {"circuits": 3, "shots": 39, "seconds": 1.5 * cost.seconds[1]}
    for kind, other in (
        ("run", {"scope": "run-2"}),
        ("user", {"scope": "run-2", "user": "bob"}),
        ("day", None),
    ):
        for unit, limit in limits.items():
            ledger, caps = make_ledger(), [Cap(kind, **{unit: limit})]  # type: ignore[arg-type]
            ledger.plan(new_job(0), caps)
            with pytest.raises(CapExceededError, match=r"used, .* wanted"):
                ledger.plan(new_job(1), caps)
            with pytest.raises(CapExceededError):
                ledger.plan(new_job(1), caps)
            if other is not None:
                ledger.plan(new_job(1, **other), caps)


def failed_and_unknown_stay_counted(make_ledger: MakeLedger) -> None:
    """Only a job cancelled before it was sent gives its circuits back."""
    for outcome, frees in (("refused", False), ("unknown", False), ("cancelled", True)):
        ledger, caps = make_ledger(), [Cap("run", circuits=2)]
        job = ledger.plan(new_job(0), caps)
        cloud = FakeCloud(submit=[outcome])
        _ = cancel(ledger, job.id, cloud) if frees else advance(ledger, job.id, cloud)
        if frees:
            ledger.plan(new_job(1), caps)
        else:
            with pytest.raises(CapExceededError):
                ledger.plan(new_job(1), caps)


def one_of_many_senders(make_ledger: MakeLedger, threads: int = 4) -> None:
    """Callers at the same moment: one plans, one sends, the cap holds."""
    ledger, cloud, caps = make_ledger(), FakeCloud(), [Cap("run", circuits=CIRCUITS_CAP)]
    start, refused, errors = threading.Barrier(threads), [], []

    def work() -> None:
        try:
            start.wait()
            for number in range(5):
                try:
                    job = ledger.plan(new_job(number), caps)
                except CapExceededError:
                    refused.append(number)
                else:
                    advance(ledger, job.id, cloud)
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not errors
    assert len(cloud.arrived) == 3
    assert set(cloud.arrived.values()) == {1}
    assert len(refused) == 2 * threads
