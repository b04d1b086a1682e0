"""What is announced now, and whether workers begin anything new."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from redis.exceptions import RedisError

from .models import Announcement, Drain

CACHED = "announcements"
CACHE_SECONDS = 15  # how long a page may show what is over; changes on the console show at once
MOST_SHOWN = 3


@dataclass(frozen=True)
class Told:
    """One sentence for everybody, in the reader's language."""

    text: str
    tone: str


def announced() -> list[Told]:
    """What stands on top of every page now, newest first."""
    try:
        rows = known_rows()
    except DatabaseError:  # the page says itself what is wrong
        rows = []
    chinese = (get_language() or "").startswith("zh")
    return [Told((zh if chinese else "") or text, tone) for text, zh, tone in rows]


def known_rows() -> list[tuple[str, str, str]]:
    """What shows now, read from the database at most every `CACHE_SECONDS`."""
    try:
        rows: list[tuple[str, str, str]] | None = cache.get(CACHED)
        if rows is None:
            rows = announcement_rows()
            cache.set(CACHED, rows, CACHE_SECONDS)
        return rows
    except RedisError:  # the queue is away; people are served
        return announcement_rows()


def announcement_rows() -> list[tuple[str, str, str]]:
    now = timezone.now()
    rows = Announcement.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    return list(rows.values_list("text", "text_zh", "tone")[:MOST_SHOWN])


def drain_now() -> Drain | None:
    """Since when and why no worker begins anything new; None where they do."""
    return Drain.objects.filter(ended_at=None).select_related("by").first()


def is_draining() -> bool:
    """Whether no worker begins anything new."""
    return Drain.objects.filter(ended_at=None).exists()
