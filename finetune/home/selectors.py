"""What the first page shows: runs at work, the newest results, and what is still to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, QuerySet, When

from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.runs.models import Run, RunEvent
from finetune.runs.selectors import run_list_for
from finetune.teams.models import Team

POINTS = 240  # newest steps in a sparkline
RESULTS = 6
AT_WORK = 12


@dataclass(frozen=True)
class Working:
    """A run that has not ended, with its newest training losses, oldest first."""

    run: Run
    losses: list[float]

    @property
    def path(self) -> str:
        return sparkline(self.losses)


@dataclass(frozen=True)
class Home:
    working: list[Working]
    more_working: int
    results: list[Run]
    has_data: bool
    has_runs: bool


def home_for(team: Team) -> Home:
    runs = run_list_for(team)
    going = working_runs(team)
    shown = list(going[:AT_WORK])
    results = list(runs.filter(state__in=Run.FINISHED).order_by("-finished_at", "-id")[:RESULTS])
    return Home(
        working=[Working(run, losses_of(run)) for run in shown],
        more_working=max(0, going.count() - len(shown)),
        results=results,
        has_data=dataset_list_for(team).filter(state=Dataset.State.READY).exists(),
        has_runs=bool(shown or results),
    )


def working_runs(team: Team) -> QuerySet[Run]:
    """Runs that have not ended: first those that a worker holds, then waiting, then paused."""
    order = Case(When(state__in=Run.HELD, then=0), When(state=Run.State.PAUSED, then=2), default=1)
    return (
        run_list_for(team)
        .filter(state__in=[*Run.ACTIVE, Run.State.PAUSED])
        .order_by(order, "-created_at", "-id")
    )


def losses_of(run: Run) -> list[float]:
    newest = (
        RunEvent.objects.filter(run=run, type="metrics")
        .order_by("-seq")
        .values_list("data__train_loss", flat=True)[:POINTS]
    )
    return [float(loss) for loss in newest if loss is not None][::-1]


def sparkline(values: list[float], width: int = 300, height: int = 48) -> str:
    """An SVG path through the values, left to right, that fills the box; empty below two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = width / (len(values) - 1)
    points = (
        f"{index * step:.1f} {2 + (height - 4) * (high - value) / span:.1f}"
        for index, value in enumerate(values)
    )
    return "M" + " L".join(points)
