"""Worker time that a run takes, counted for its team when a hold on it ends."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from finetune.queue import enqueue
from finetune.runs.models import Run
from finetune.runs.use.services import use_keep
from finetune.teams.quotas.models import TeamQuota


def hold_ended(run: Run) -> None:
    """Count the time that a worker held a run; wake the next run that its team's quota held back.

    In the transaction in which the run changes its state.
    """
    now = timezone.now()
    quota = TeamQuota.locked(run.team_id)
    quota.used_seconds = quota.used_by(now) + held_seconds(run, now)
    quota.used_at = now
    quota.save(update_fields=["used_seconds", "used_at"])
    use_keep(run)
    waiting = Run.objects.filter(team_id=run.team_id, state=Run.State.QUEUED)
    if quota.runs_at_once and (other := waiting.exclude(pk=run.pk).first()):
        enqueue("run_execute", other.pk)


def held_seconds(run: Run, now: datetime) -> float:
    return max(0.0, (now - run.held_since).total_seconds()) if run.held_since else 0.0
