"""Steps and provider seconds of a team in 30 days: refused beyond, counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.hardware.costs import team_quota_check
from finetune.hardware.models import QuantumJob
from finetune.runs.models import Run
from finetune.runs.queue.quotas import quotas_of, steps_used
from finetune.runs.services import run_cancel, run_requeue
from finetune.runs.worker.waiting import runs_release
from finetune.teams.quotas.models import TeamQuota
from quantum.exceptions import CapExceededError
from tests.finetune.conftest import run_ordered

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(team: Any, alice: Any, base: Any, dataset: Any) -> Any:
    def made(steps: int, **more: Any) -> Run:
        run: Run = run_ordered(team, alice, base, dataset, {"steps": steps}, **more)
        return run

    return made


def test_steps_beyond_the_quota_are_refused(order: Any, team: Any) -> None:
    TeamQuota.objects.create(team=team, steps=100)
    order(60)
    with pytest.raises(RunRefused, match="at most 40") as refused:
        order(41)
    assert (refused.value.code, refused.value.field) == ("quota", "steps")
    assert Run.objects.count() == 1
    order(40)


def test_a_cancelled_run_counts_what_it_did(order: Any, team: Any, alice: Any) -> None:
    TeamQuota.objects.create(team=team, steps=100)
    run = order(100)
    run_cancel(run=run, by=alice)
    Run.objects.filter(pk=run.pk).update(step=30)
    assert steps_used(team.pk) == 30
    other = order(70)
    with pytest.raises(RunRefused):
        run_requeue(run=run, by=alice)
    run_cancel(run=other, by=alice)
    run_requeue(run=run, by=alice)  # its own 30 are not counted twice


def test_old_runs_no_longer_count(order: Any, team: Any) -> None:
    TeamQuota.objects.create(team=team, steps=100)
    run = order(100)
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=31))
    order(100)


def test_epochs_that_come_to_too_many_steps_fail_the_run(
    order: Any, team: Any, dataset: Any
) -> None:
    TeamQuota.objects.create(team=team, steps=100)
    Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.CHECKING)
    dataset.refresh_from_db()
    run = order(1, epochs=1000.0)
    Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.READY)
    dataset.refresh_from_db()
    runs_release(dataset)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert run.error["code"] == "quota"


def test_epochs_decide_the_steps_that_a_quota_is_asked_for(order: Any, team: Any) -> None:
    """Not the steps that stand in the settings until the data is counted."""
    TeamQuota.objects.create(team=team, steps=150)
    run = order(1000, epochs=1.0)
    assert 0 < run.total_steps <= 150
    assert steps_used(team.pk) == run.total_steps
    with pytest.raises(RunRefused, match="150 steps in 30 days"):
        order(1, epochs=1000.0)


def test_provider_seconds_are_the_teams(team: Any, other_team: Any) -> None:
    TeamQuota.objects.create(team=team, provider_seconds=10)
    now = timezone.now()
    common = {"scope": "s", "backend": "wukong", "circuits": 1, "shots": 1, "total_shots": 1}
    common |= {"payload": "{}", "created_at": now, "updated_at": now, "team": team}
    QuantumJob.objects.create(**common, fingerprint="a", state="done", seconds_high=8.0)
    QuantumJob.objects.create(**common, fingerprint="b", state="cancelled", seconds_high=8.0)
    team_quota_check(team, 2.0)
    with pytest.raises(CapExceededError, match="10 processor seconds in 30 days"):
        team_quota_check(team, 2.1)
    team_quota_check(other_team, 1e6)
    assert [(one.name, one.used, one.most) for one in quotas_of(team)] == [
        ("runs_at_once", 0, None),
        ("steps", 0, None),
        ("provider_seconds", 8.0, 10),
    ]
