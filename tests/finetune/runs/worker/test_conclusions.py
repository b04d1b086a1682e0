"""A cancel that was accepted is never lost, in whatever order people, workers and deaths come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finetune.bases.publishing import assistant_file
from finetune.exceptions import RunRefused
from finetune.runs.models import Run
from finetune.runs.services import run_cancel, run_pause, run_requeue, run_resume
from finetune.runs.worker import conclusions, execution, hold, reaping

pytestmark = pytest.mark.django_db
State, Request = Run.State, Run.Request
ASKED = {"cancel": run_cancel, "pause": run_pause, "resume": run_resume, "requeue": run_requeue}
# Exit codes of a trainer; 99 stands for what nobody has thought of.
CODES = (0, 1, 2, 3, 4, 5, 6, 99, -9, -15)


class World:
    """One run, the workers that ever held it, and whether a cancel is owed."""

    def __init__(self, run: Run) -> None:
        Run.objects.filter(pk=run.pk).update(
            state=State.QUEUED, request=Request.NONE, lease_owner="", lease_until=None, attempts=0,
            started_at=None,
        )  # fmt: skip
        self.pk = run.pk
        self.holds: list[execution.Execution] = []
        self.owed = False

    @property
    def run(self) -> Run:
        return Run.objects.get(pk=self.pk)

    def ask(self, what: str) -> None:
        try:
            ASKED[what](run=self.run, by=None)
        except RunRefused:
            return
        if what == "cancel":
            self.owed = True
        elif what in ("requeue", "resume"):
            assert not self.owed or what == "requeue"
            self.owed = False

    def claim(self) -> None:
        owner = f"worker {len(self.holds)}"
        if claimed := hold.claim(self.pk, owner):
            self.holds.append(execution.Execution(claimed, owner))

    def end(self, which: int, code: int) -> None:
        """A trainer of a worker ends, which may have lost the run long ago."""
        if self.holds:
            try:
                self.holds[which % len(self.holds)].conclude(code)
            except execution.LeaseLost:
                pass

    def lapse(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        Run.objects.filter(pk=self.pk, state__in=Run.HELD).update(lease_until=past)
        reaping.runs_reap()

    def holds_true(self) -> None:
        run = self.run
        if self.owed:
            held = run.state in Run.HELD and run.request == Request.CANCEL
            assert held or run.state == State.CANCELLED, (run.state, run.request)
        if run.state not in Run.HELD:
            assert (run.request, run.lease_owner) == (Request.NONE, "")


STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(sorted(ASKED))),
    st.tuples(st.just("claim")),
    st.tuples(st.just("end"), st.integers(0, 2), st.sampled_from(CODES)),
    st.tuples(st.just("lapse")),
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=3, max_size=12))
def test_an_accepted_cancel_ends_as_cancelled(run_made: Run, steps: list[tuple[Any, ...]]) -> None:
    world = World(run_made)
    for name, *arguments in [("claim",), *steps]:
        getattr(world, name)(*arguments)
        world.holds_true()
    world.lapse()
    world.holds_true()
    assert not world.owed or world.run.state == State.CANCELLED


@pytest.fixture
def held(run_made: Run) -> execution.Execution:
    claimed = hold.claim(run_made.pk, "one")
    assert claimed
    return execution.Execution(claimed, "one")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("pause_first", [False, True])
def test_a_cancel_wins_over_every_end(
    held: execution.Execution, run_made: Run, code: int, pause_first: bool
) -> None:
    assistant_file(run_made.public_id).unlink(missing_ok=True)
    if pause_first:
        run_pause(run=run_made, by=None)
    run_cancel(run=run_made, by=None)
    held.conclude(code)
    run_made.refresh_from_db()
    assert run_made.state == State.CANCELLED
    assert not assistant_file(run_made.public_id).exists()


def test_a_cancel_after_the_end_is_refused(held: execution.Execution, run_made: Run) -> None:
    held.conclude(0)
    with pytest.raises(RunRefused):
        run_cancel(run=run_made, by=None)
    run_made.refresh_from_db()
    assert run_made.state == State.SUCCEEDED
    assert assistant_file(run_made.public_id).exists()


def test_a_pause_does_not_replace_a_cancel(held: execution.Execution, run_made: Run) -> None:
    run_cancel(run=run_made, by=None)
    with pytest.raises(RunRefused, match="being cancelled"):
        run_pause(run=run_made, by=None)


def test_a_worker_that_lost_the_run_does_not_bring_it_back(
    held: execution.Execution, run_made: Run
) -> None:
    run_cancel(run=run_made, by=None)
    Run.objects.filter(pk=run_made.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaping.runs_reap()
    with pytest.raises(execution.LeaseLost):
        held.conclude(5)
    run_made.refresh_from_db()
    assert run_made.state == State.CANCELLED


def test_a_folder_that_is_held_is_no_failure(held: execution.Execution, run_made: Run) -> None:
    held.conclude(6)
    run_made.refresh_from_db()
    assert run_made.state == State.QUEUED
    assert "still works in its folder" in run_made.events.order_by("-seq")[1].message


def test_what_cannot_be_published_is_no_success(
    held: execution.Execution, run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(run: Run) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(conclusions, "run_publish", full)
    with pytest.raises(OSError, match="No space"):
        held.conclude(0)
    run_made.refresh_from_db()
    assert run_made.state == State.RUNNING


def test_an_adapter_that_is_refused_fails_the_run(
    held: execution.Execution, run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(run: Run) -> None:
        raise RunRefused("Its numbers are not finite.", code="not_finite")

    monkeypatch.setattr(conclusions, "run_publish", refused)
    with pytest.raises(RunRefused, match="finite"):  # which its worker makes a failure of
        held.conclude(0)


@pytest.mark.parametrize(
    ("ask", "state"),
    [(None, State.QUEUED), (run_pause, State.PAUSED), (run_cancel, State.CANCELLED)],
)
def test_what_the_machine_cannot_do_now_waits(
    held: execution.Execution, run_made: Run, ask: Any, state: str
) -> None:
    if ask:
        ask(run=run_made, by=None)
    conclusions.run_put_back(run_made.pk, "one", "The disk is full")
    run_made.refresh_from_db()
    assert (run_made.state, run_made.lease_owner) == (state, "")
    assert ask or run_made.attempts == 0
