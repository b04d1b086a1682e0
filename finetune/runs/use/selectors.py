"""Reading what runs have taken: one by one, and summed by run, key, person and team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from finetune.teams.models import ApiKey, Team, User
from finetune.training.forecast.learned import LEAST_STEPS, Past
from finetune.training.forecast.workload import Workload
from finetune.training.use.meter import Use

from .models import ESTIMATED_WORD, RunUse

LEARNT_FROM = 60  # newest runs of the machine
BY: dict[str, str | Promise] = {
    "run": gettext_lazy("Runs"),
    "key": gettext_lazy("API keys"),
    "person": gettext_lazy("People"),
    "team": gettext_lazy("Teams"),
}
SPANS = (30, 90, 365)  # days
SUMS = ("steps", "seconds", "processor_seconds", "joules", "circuits", "shots", "provider_seconds")


@dataclass(frozen=True)
class Total:
    """What one run, key, person or team has taken.

    Attributes:
        name: of it; empty where there is none any more, or a run was not started with a key.
        public_id: the run's, where it is still there.
        runs: how many are summed.
        peak_bytes: the most memory that one held.
        estimated: whether energy was estimated and not measured, in one of them at least.
    """

    name: str
    runs: int
    steps: int
    seconds: float
    processor_seconds: float
    peak_bytes: int
    joules: float
    circuits: int
    shots: int
    provider_seconds: float
    estimated: bool
    public_id: str = ""

    @property
    def kilowatt_hours(self) -> float:
        return self.joules / 3.6e6


def use_list_for(team: Team, days: int | None = None) -> QuerySet[RunUse]:
    """The team's rows, newest first."""
    rows = RunUse.objects.filter(team=team)
    return rows.filter(created_at__gte=timezone.now() - timedelta(days=days)) if days else rows


def use_rows(team: Team, days: int | None = None) -> QuerySet[RunUse]:
    """The team's rows for `of_run`, without what only forecasts read."""
    rows = use_list_for(team, days).select_related("run").defer("work", "measured")
    return rows.defer(*(f"run__{name}" for name in ("config", "latest", "result", "error")))


def totals_by(by: str, team: Team, user: User, days: int | None = None) -> list[Total]:
    """Sums over a team's runs; by team, over all teams of a person.

    Args:
        by: one of `BY`; by run these are all of them, where a page reads its own (`use_rows`).
        team: whose runs.
        user: who asks.
        days: runs that were made in them; None: all.
    """
    if by == "run":
        return [of_run(row) for row in use_rows(team, days)]
    if by == "team":
        teams = list(Team.objects.filter(members=user).order_by("name"))
        sums = [(str(one), summed(use_list_for(one, days))) for one in teams]
        return [total(name, values) for name, values in sums if values["of_runs"]]
    rows = use_list_for(team, days)
    names = names_of(by, rows)
    grouped = summed_by(rows, by)
    return [total(names.get(values[by], ""), values) for values in grouped]


def sums() -> dict[str, Any]:
    """What is summed, under names that no column has."""
    return {
        **{f"of_{name}": Sum(name, default=0) for name in SUMS},
        "of_runs": Count("pk"),
        "of_peak_bytes": Max("peak_bytes", default=0),
        "of_guesses": Count("pk", filter=Q(energy_source__contains=ESTIMATED_WORD)),
    }


def summed(rows: QuerySet[RunUse]) -> dict[str, Any]:
    return rows.order_by().aggregate(**sums())


def summed_by(rows: QuerySet[RunUse], by: str) -> list[dict[str, Any]]:
    """The most processor time first."""
    grouped = rows.order_by().values(by).annotate(**sums())
    return list(grouped.order_by("-of_processor_seconds", by))


def names_of(by: str, rows: QuerySet[RunUse]) -> dict[int, str]:
    if by == "key":
        keys = ApiKey.objects.filter(pk__in=rows.values("key"))
        return {key.pk: f"{key.name} ({key.prefix}…)" for key in keys}
    people = User.objects.filter(pk__in=rows.values("person"))
    return {person.pk: person.get_username() for person in people}


def total(name: str, values: dict[str, Any]) -> Total:
    read = {key.removeprefix("of_"): value for key, value in values.items()}
    return Total(
        name=name,
        runs=read["runs"],
        peak_bytes=read["peak_bytes"],
        estimated=bool(read["guesses"]),
        **{one: read[one] for one in SUMS},
    )


def of_run(row: RunUse) -> Total:
    return Total(
        name=row.name,
        runs=1,
        peak_bytes=row.peak_bytes,
        estimated=row.estimated,
        public_id=row.run.public_id if row.run else "",
        **{name: getattr(row, name) for name in SUMS},
    )


def past_runs() -> list[Past]:
    """What the newest runs on this machine took, for forecasts; of all teams, since it says
    something about the machine and nothing about them."""
    rows = RunUse.objects.filter(steps__gte=LEAST_STEPS, seconds__gt=0).order_by(
        "-updated_at", "-id"
    )
    return [past for row in rows[:LEARNT_FROM] if (past := past_of(row))]


def past_of(row: RunUse) -> Past | None:
    work = Workload.read(row.work)
    if work is None or not row.precision:
        return None
    use = Use(
        seconds=row.seconds,
        processor_seconds=row.processor_seconds,
        peak_bytes=row.peak_bytes,
        joules=row.joules,
        source=row.energy_source,
        measured=row.measured,
    )
    return Past.of(
        work,
        use,
        base=row.base,
        adapter=row.adapter,
        backend=row.sampled,
        precision=row.precision,
    )
