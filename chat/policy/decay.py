"""How a level falls with time. Pure: a level, a time from which its hold counts, and now."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from chat.safety.levels import Level

FRESH = timedelta(hours=1)


def is_fresh(counted_from: datetime, now: datetime) -> bool:
    """Whether the last sign, or step down, is so near that it is probably the same talk."""
    return now < counted_from + FRESH


def hold(level: Level) -> timedelta | None:
    """For how long a level is kept after the last sign; None where there is nothing to keep."""
    hours = {Level.RAISED: settings.RISK_RAISED_HOURS, Level.HIGH: settings.RISK_HIGH_HOURS}
    return timedelta(hours=hours[level]) if level in hours else None


def lapses(level: Level, counted_from: datetime, now: datetime) -> list[tuple[Level, datetime]]:
    """The levels that this one has fallen to by now, each with the time from which it counts.

    One step at a time: a high level becomes a raised one, and that is kept for its own time.
    """
    steps: list[tuple[Level, datetime]] = []
    while (kept := hold(level)) is not None and now >= counted_from + kept:
        level, counted_from = Level(level - 1), counted_from + kept
        steps.append((level, counted_from))
    return steps
