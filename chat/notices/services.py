"""Keeping the clock by which a person is told again that this is an AI."""

from __future__ import annotations

from django.utils import timezone

from chat.notices.models import TalkClock
from chat.notices.schedule import notice_due
from finetune.teams.models import User


def notice_waiting(user: User) -> str:
    """The notice that a page shows before anything is written; nothing is noted."""
    clock = TalkClock.objects.filter(user=user).first()
    if clock is None:
        return ""  # the page's own notice is the first one
    return notice_due(timezone.now(), wrote_at=clock.wrote_at, told_at=clock.told_at)


def notice_take(user: User, *, first: bool) -> str:
    """Note a message, and say which notice stands before it; in one transaction with it."""
    now = timezone.now()
    clock = TalkClock.objects.select_for_update().filter(user=user).first()
    due = notice_due(
        now,
        wrote_at=clock.wrote_at if clock else None,
        told_at=clock.told_at if clock else None,
        first=first,
    )
    told_at = now if due or clock is None else clock.told_at
    TalkClock.objects.update_or_create(user=user, defaults={"wrote_at": now, "told_at": told_at})
    return due
