"""What sending takes and how much may be sent: estimates and caps."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from finetune.teams.models import Team
from finetune.teams.quotas.models import WINDOW, TeamQuota
from quantum.backends.base import Batch, JobState
from quantum.exceptions import CapExceededError
from quantum.jobs.caps import Cap, CapKind
from quantum.sampling.costs import Cost, sampling_cost

from .models import QuantumJob
from .selectors import tariff


def caps_now() -> list[Cap]:
    """The site's caps; a zero in the settings means none."""
    kinds: tuple[CapKind, ...] = ("run", "user", "day")
    return [
        Cap(kind, **{name: value or None for name, value in settings.QUANTUM_CAPS[kind].items()})
        for kind in kinds
    ]


def estimate(batches: Sequence[Batch]) -> Cost:
    """What batches will take together; money only where an administrator entered a tariff."""
    costs = [sampling_cost(len(one.circuits), one.shots, tariff=tariff()) for one in batches]
    money = [cost.money for cost in costs if cost.money is not None]
    return Cost(
        circuits=sum(cost.circuits for cost in costs),
        shots=sum(cost.shots for cost in costs),
        batches=sum(cost.batches for cost in costs),
        seconds=(sum(cost.seconds[0] for cost in costs), sum(cost.seconds[1] for cost in costs)),
        money=sum(money) if money else None,
        currency=settings.QUANTUM_CURRENCY if money else "",
    )


def provider_seconds_used(team: Team) -> float:
    """What a team's jobs of the last 30 days took, by the longest guess; unsent ones took none."""
    rows = QuantumJob.objects.for_team(team).filter(created_at__gte=timezone.now() - WINDOW)
    sent = rows.exclude(state=JobState.CANCELLED.value, task_id="")
    return float(sent.aggregate(sum=Sum("seconds_high", default=0.0))["sum"])


def team_quota_check(team: Team, seconds: float) -> None:
    """Refuse a job beyond its team's quota, in the transaction that plans it.

    Raises:
        CapExceededError: what is used, what the job needs.
    """
    most = TeamQuota.of(team.pk).provider_seconds
    if most is None:
        return
    used = provider_seconds_used(team)
    if used + seconds > most:
        raise CapExceededError(
            f"The team's quota of {most:,} processor seconds in 30 days would be passed: "
            f"{used:,.0f} used, {seconds:,.0f} wanted. Nothing was sent. An administrator can "
            "raise it; or wait until older jobs no longer count."
        )
