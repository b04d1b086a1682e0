"""The rule: told at the start, every three hours of talk, and after seven days' absence.

California's SB 243 and New York's companion law ask for three hours, Utah's 13-72a-203 for seven
days. "Whenever asked" is a reviewed reply. Knows nothing of Django.
"""

from __future__ import annotations

from datetime import datetime, timedelta

START = "start"
HOURS = "hours"
ABSENCE = "absence"
TALKING = timedelta(hours=3)
AWAY = timedelta(days=7)


def notice_due(
    now: datetime, *, wrote_at: datetime | None, told_at: datetime | None, first: bool = False
) -> str:
    """Which notice is due before a message of now; empty for none.

    Args:
        wrote_at: the person's newest message before this one.
        told_at: the newest notice.
        first: the message is a talk's first one.
    """
    if wrote_at is None or told_at is None:
        return START
    if now - wrote_at >= AWAY:
        return ABSENCE
    if now - told_at >= TALKING:
        return HOURS
    return START if first else ""
