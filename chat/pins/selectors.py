"""The list beside a talk: what is pinned, then the newest, or those older than one of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from chat.conversations.models import Conversation, ConversationQuerySet
from finetune.teams.models import Team, User

LISTED = 60  # conversations at a time, without the pinned ones


def list_beside(user: User, team: Team | None = None, older: str = "") -> dict[str, Any]:
    """What `chat/_conversations.html` shows; of one team, or of a visitor.

    Args:
        older: public id of the last conversation on the page before; empty for the newest.
    """
    mine = Conversation.objects.for_user(user)
    after = mine.filter(public_id=older).first() if older else None
    shown = mine.filter(deleted_at=None)
    if team is not None:
        shown = shown.filter(team=team)
    listed = list(older_than(shown.filter(pinned_at=None), after)[: LISTED + 1])
    return {
        "pinned": list(shown.filter(pinned_at__isnull=False).order_by("-pinned_at", "-id")),
        "conversations": listed[:LISTED],
        "older": listed[LISTED - 1].public_id if len(listed) > LISTED else "",
        "newer": after is not None,
    }


def older_than(rows: ConversationQuerySet, after: Conversation | None) -> ConversationQuerySet:
    """Newest first; only those behind this one, if there is one."""
    if after is None:
        return rows
    rows = rows.filter(updated_at__lte=after.updated_at)
    return rows.filter(Q(updated_at__lt=after.updated_at) | Q(pk__lt=after.pk))
