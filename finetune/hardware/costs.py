"""What sending takes and how much may be sent: estimates and caps."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from quantum.backends.base import Batch, Cost
from quantum.jobs.caps import Cap, CapKind
from quantum.sampling.costs import sampling_cost

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
