"""The queue over rows: who is claimed, where a run stands, what a hold counts for its team."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from finetune.runs.models import Run
from finetune.runs.queue.line import place_of, places, runs_startable, workers_alive
from finetune.runs.services import run_cancel, run_requeue
from finetune.runs.worker.conclusions import run_interrupt, run_stop
from finetune.runs.worker.hold import claim, claim_next
from finetune.teams.quotas.models import TeamQuota
from finetune.training.presets import PRESETS
from tests.conftest import checked_dataset
from tests.finetune.conftest import run_ordered

pytestmark = pytest.mark.django_db
State = Run.State


@pytest.fixture
def acorn(team: Any, alice: Any, base: Any, dataset: Any) -> list[Run]:
    """Three runs of Alice's team."""
    values = PRESETS["quick"].values
    return [run_ordered(team, alice, base, dataset, values) for _ in range(3)]


@pytest.fixture
def chestnut(acorn: Any, other_team: Any, charlie: Any, base: Any) -> Run:
    """A later one of Charlie's."""
    data = checked_dataset(other_team, charlie)
    return run_ordered(other_team, charlie, base, data, PRESETS["quick"].values)


@pytest.fixture
def worker() -> Any:
    """The sign of life of one worker."""
    path = Path(settings.DATA_DIR) / "workers" / "train@here.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    yield path
    path.unlink()


def quota(team: Any, **values: Any) -> None:
    TeamQuota.objects.update_or_create(team=team, defaults=values)


def test_a_worker_takes_whose_turn_it_is(acorn: list[Run], chestnut: Run) -> None:
    taken = [claim_next(f"worker {number}") for number in range(4)]
    first, second, third, fourth = acorn[0], chestnut, acorn[1], acorn[2]
    assert taken == [first, second, third, fourth]
    assert claim_next("another") is None


def test_time_that_was_had_counts(acorn: list[Run], chestnut: Run, team: Any) -> None:
    quota(team, used_seconds=3600.0)
    assert claim_next("one") == chestnut


def test_a_hold_is_counted_for_its_team(acorn: list[Run], team: Any) -> None:
    held = claim(acorn[0].pk, "one")
    assert held is not None
    Run.objects.filter(pk=held.pk).update(held_since=timezone.now() - timedelta(seconds=90))
    run_stop(held.pk, "one", Run.Request.PAUSE)
    assert team.quota.used_seconds == pytest.approx(90, abs=5)
    a_day_later = team.quota.used_at + timedelta(days=1)
    assert team.quota.used_by(a_day_later) == pytest.approx(team.quota.used_seconds / 2)


def test_runs_at_once_are_bounded_and_go_on(
    acorn: list[Run], chestnut: Run, team: Any, django_capture_on_commit_callbacks: Any
) -> None:
    quota(team, runs_at_once=1)
    assert [claim_next("one"), claim_next("two"), claim_next("three")] == [acorn[0], chestnut, None]
    assert runs_startable() == []
    with django_capture_on_commit_callbacks() as sent:
        run_stop(acorn[0].pk, "one", Run.Request.CANCEL)
    assert [one for one in sent if "enqueue" in one.__qualname__]  # the next one is woken
    assert claim_next("three") == acorn[1]


def test_a_priority_is_the_teams_own(acorn: list[Run], chestnut: Run) -> None:
    Run.objects.filter(pk=acorn[2].pk).update(priority=Run.Priority.HIGH)
    assert [claim_next("one"), claim_next("two")] == [acorn[2], chestnut]


def test_a_lost_run_keeps_its_place_and_one_queued_again_does_not(
    acorn: list[Run], alice: Any
) -> None:
    assert claim(acorn[0].pk, "one")
    run_interrupt(acorn[0].pk, "one", "Its worker is gone.", bound="{}", hint="")
    assert runs_startable()[0] == acorn[0].pk
    run_cancel(run=acorn[0], by=alice)
    run_requeue(run=acorn[0], by=alice)
    assert runs_startable()[-1] == acorn[0].pk


def test_places_and_times(acorn: list[Run], chestnut: Run, worker: Path) -> None:
    Run.objects.update(step_seconds=2.0)
    known = places()
    assert [known[run.pk].number for run in (acorn[0], chestnut, *acorn[1:])] == [1, 2, 3, 4]
    assert {place.of for place in known.values()} == {4}
    second = known[chestnut.pk].starts_at
    assert second is not None
    wait = (second - timezone.now()).total_seconds()
    assert wait == pytest.approx(2.0 * acorn[0].total_steps, abs=5)


def test_without_a_worker_nobody_knows_when(acorn: list[Run], worker: Path) -> None:
    assert workers_alive() == 1
    os.utime(worker, (1, 1))
    assert workers_alive() == 0
    place = place_of(acorn[0])
    assert place is not None
    assert place.no_worker
    assert place.starts_at is None
