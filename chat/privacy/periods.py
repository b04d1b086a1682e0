"""For how long a talk may be kept. Knows nothing of rows."""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

UNTIL_DELETED = 0
PERIODS: tuple[tuple[int, str | Promise], ...] = (
    (UNTIL_DELETED, gettext_lazy("until I delete them")),
    (30, gettext_lazy("30 days")),
    (7, gettext_lazy("7 days")),
    (1, gettext_lazy("1 day")),
)
UNDO = timedelta(minutes=15)  # for which a deleted conversation can be brought back


def periods_allowed(most: int) -> tuple[tuple[int, str | Promise], ...]:
    """The choices within an operator's maximum of days; 0 for none.

    Where there is one, the longest choice is that maximum itself.
    """
    if not most:
        return PERIODS
    shorter = tuple((days, words) for days, words in PERIODS if 0 < days < most)
    words = ngettext("%(days)d day, the site’s limit", "%(days)d days, the site’s limit", most)
    return ((UNTIL_DELETED, words % {"days": most}), *shorter)


def days_kept(chosen: int, most: int) -> int:
    """How many days count for a person: the shorter of both; 0 for no end."""
    return min((days for days in (chosen, most) if days), default=UNTIL_DELETED)
