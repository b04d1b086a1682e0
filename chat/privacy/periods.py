"""For how long a talk may be kept. Knows nothing of rows."""

from __future__ import annotations

from datetime import timedelta

UNTIL_DELETED = 0
PERIODS = (
    (UNTIL_DELETED, "until I delete them"),
    (30, "30 days"),
    (7, "7 days"),
    (1, "1 day"),
)
UNDO = timedelta(minutes=15)  # for which a deleted conversation can be brought back


def periods_allowed(most: int) -> tuple[tuple[int, str], ...]:
    """The choices within an operator's maximum of days; 0 for none.

    Where there is one, the longest choice is that maximum itself.
    """
    if not most:
        return PERIODS
    shorter = tuple((days, words) for days, words in PERIODS if 0 < days < most)
    return ((UNTIL_DELETED, f"{most} day{'' if most == 1 else 's'}, the site’s limit"), *shorter)


def days_kept(chosen: int, most: int) -> int:
    """How many days count for a person: the shorter of both; 0 for no end."""
    return min((days for days in (chosen, most) if days), default=UNTIL_DELETED)
