"""The queue as the rows have it: who is next, at which place a run stands and when it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from finetune.operations.selectors import is_draining
from finetune.runs.models import Run
from finetune.teams.quotas.models import TeamQuota

from .order import UNKNOWN_SECONDS, Line, TeamLoad, Waiting, forecast
from .usage import held_seconds

LOCK = 0x77756B71
ALIVE_SECONDS = 15.0  # since a worker's last sign of life
NEEDED = (
    "pk", "team_id", "state", "priority", "queued_at", "created_at", "held_since", "step",
    "total_steps", "step_seconds", "seconds_left",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a run stands in the queue of all teams.

    Attributes:
        number: from 1.
        of: how many wait.
        starts_at: when it is expected to start; None where nobody knows.
        held_back: whether its team has as many runs at work as it may have.
        no_worker: whether no worker is there at all.
        draining: whether the operator lets workers begin nothing new.
    """

    number: int
    of: int
    starts_at: datetime | None = None
    held_back: bool = False
    no_worker: bool = False
    draining: bool = False


def seconds_of(run: Run) -> float | None:
    """How long a run will still take: as its own steps took, or as it was forecast."""
    if run.step and run.seconds_left is not None:
        return run.seconds_left
    if run.step_seconds is None:
        return None
    left = max(0, run.total_steps - run.step) * run.step_seconds
    if run.step or run.state not in Run.HELD:
        return left
    return max(0.0, left - held_seconds(run, timezone.now()))


def line_now() -> tuple[Line, list[Run]]:
    """The queue, and the runs that workers hold."""
    now = timezone.now()
    rows = Run.objects.filter(state__in=[Run.State.QUEUED, *Run.HELD]).only(*NEEDED)
    runs = list(rows.order_by("queued_at", "pk"))
    quotas = TeamQuota.objects.filter(team__in={run.team_id for run in runs})
    teams = {
        quota.team_id: TeamLoad(quota.used_by(now), quota.share, most=quota.runs_at_once)
        for quota in quotas
    }
    held = [run for run in runs if run.state in Run.HELD]
    for run in held:
        load = teams.setdefault(run.team_id, TeamLoad())
        load.at_work += 1
        had, left = held_seconds(run, now), seconds_of(run)
        load.used += max(had, UNKNOWN_SECONDS) if left is None else had + left
    waiting = [
        Waiting(run.pk, run.team_id, run.priority, run.queued_at or run.created_at, seconds_of(run))
        for run in runs
        if run.state == Run.State.QUEUED
    ]
    return Line(waiting, teams), held


def runs_startable() -> list[int]:
    """The runs that may start now, in their order; those beyond a team's quota are left out."""
    return [] if is_draining() else list(line_now()[0].startable())


@transaction.atomic
def next_run() -> int | None:
    """The run that starts next, while nobody else chooses: call it in the claim's transaction."""
    if connection.vendor == "postgresql":  # SQLite's transactions begin with the write lock
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    chosen = None if is_draining() else line_now()[0].next()
    return chosen.pk if chosen else None


def places() -> dict[int, Place]:
    """The place of every run that waits, by its key."""
    line, held = line_now()
    if not line.waiting:
        return {}
    now, workers, count = timezone.now(), workers_alive(), len(line.waiting)
    draining = is_draining()
    at_work = [(run.team_id, seconds_of(run)) for run in held]
    starts = forecast(line, workers=workers, at_work=at_work)
    return {
        start.pk: Place(
            number=start.place,
            of=count,
            starts_at=None
            if start.seconds is None or not workers or draining
            else now + timedelta(seconds=start.seconds),
            held_back=start.held_back,
            no_worker=not workers,
            draining=draining,
        )
        for start in starts
    }


def place_of(run: Run) -> Place | None:
    return places().get(run.pk) if run.state == Run.State.QUEUED else None


def workers_alive() -> int:
    """Workers that carry out runs and have given a sign of life lately."""
    now, alive = time.time(), 0
    for path in (Path(settings.DATA_DIR) / "workers").glob("train*.json"):
        try:
            alive += now - path.stat().st_mtime < ALIVE_SECONDS
        except FileNotFoundError:
            continue
    return alive


def waiting_of(runs: QuerySet[Run]) -> list[Run]:
    """These runs that wait or are at work, in the order in which they start; `place` beside each.

    Those at work come first.
    """
    known = places()
    rows = list(runs.filter(state__in=[Run.State.QUEUED, *Run.HELD]).order_by("queued_at", "pk"))
    for run in rows:
        run.place = known.get(run.pk)  # type: ignore[attr-defined]
    return sorted(rows, key=lambda run: (p := known.get(run.pk)) is not None and p.number)
