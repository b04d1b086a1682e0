"""What a team may take in 30 days, and what it has taken: steps, and time of quantum processors."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, F, Sum, When
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused
from finetune.hardware.costs import provider_seconds_used
from finetune.runs.models import Run
from finetune.runs.use.models import RunUse
from finetune.teams.models import ApiKey, Team
from finetune.teams.quotas.models import WINDOW, TeamQuota


@dataclass(frozen=True)
class QuotaUse:
    """One of a team's quotas as its pages and the API tell it; `most` is None for no limit."""

    name: str
    used: float
    most: int | None


def steps_used(team_id: int, *, without: int | None = None) -> int:
    """Steps of a team's runs of the last 30 days: done ones of those that have ended, also where
    they were deleted since, all of others."""
    runs = Run.objects.filter(team_id=team_id, created_at__gte=timezone.now() - WINDOW)
    if without is not None:
        runs = runs.exclude(pk=without)
    taken = Case(When(state__in=Run.FINISHED, then=F("step")), default=F("total_steps"))
    rows = RunUse.objects.filter(team_id=team_id, created_at__gte=timezone.now() - WINDOW)
    deleted = rows.filter(run=None).aggregate(sum=Sum("steps", default=0))["sum"]
    return int(deleted) + int(runs.aggregate(sum=Sum(taken, default=0))["sum"])


def steps_check(run: Run, steps: int) -> None:
    """Refuse steps beyond the team's quota; those that the run had before are not counted twice.

    Raises:
        RunRefused: with how many are left.
    """
    quota = TeamQuota.locked(run.team_id)
    if quota.steps is None:
        return
    used = steps_used(run.team_id, without=run.pk)
    if used + steps <= quota.steps:
        return
    raise RunRefused(
        _(
            "This team may order %(most)s steps in 30 days. %(used)s are used and this run needs "
            "%(wanted)s: take at most %(left)s, wait until older runs no longer count, or ask an "
            "administrator for more."
        )
        % {
            "most": f"{quota.steps:,}",
            "used": f"{used:,}",
            "wanted": f"{steps:,}",
            "left": f"{max(0, quota.steps - used):,}",
        },
        code="quota",
        field="steps",
    )


def provider_check(team: Team, seconds: float) -> None:
    """Refuse a run whose circuits would pass the team's quota before it is begun.

    Raises:
        RunRefused: with how many seconds are left.
    """
    quota = TeamQuota.locked(team.pk)
    if quota.provider_seconds is None:
        return
    used = provider_seconds_used(team)
    if used + seconds <= quota.provider_seconds:
        return
    raise RunRefused(
        _(
            "This team may take %(most)s s of quantum processors in 30 days. %(used)s s are used "
            "and this run may need %(wanted)s s: take fewer steps or shots, or ask an "
            "administrator for more."
        )
        % {
            "most": f"{quota.provider_seconds:,}",
            "used": f"{used:,.0f}",
            "wanted": f"{seconds:,.0f}",
        },
        code="quota",
        field="steps",
    )


def key_hours_check(key: ApiKey | None) -> None:
    """Refuse a new run of a key whose runs have taken its processor hours in 30 days.

    What a run at work takes counts when its worker lets go of it.

    Raises:
        RunRefused: with what was taken.
    """
    if key is None or key.processor_hours is None:
        return
    rows = RunUse.objects.filter(key=key, created_at__gte=timezone.now() - WINDOW)
    taken = rows.aggregate(sum=Sum("processor_seconds", default=0.0))["sum"] / 3600
    if taken < key.processor_hours:
        return
    raise RunRefused(
        _(
            "The API key “%(name)s” may start runs until they have taken %(most)d processor hours "
            "in 30 days, and they have taken %(used)s. Wait until older runs no longer count, or "
            "make another key."
        )
        % {"name": key.name, "most": key.processor_hours, "used": f"{taken:.1f}"},
        code="quota",
    )


def quotas_of(team: Team) -> list[QuotaUse]:
    """The team's quotas with what is used of each, those without a limit too."""
    quota = TeamQuota.of(team.pk)
    at_work = Run.objects.for_team(team).filter(state__in=Run.HELD).count()
    return [
        QuotaUse("runs_at_once", at_work, quota.runs_at_once),
        QuotaUse("steps", steps_used(team.pk), quota.steps),
        QuotaUse("provider_seconds", provider_seconds_used(team), quota.provider_seconds),
    ]
