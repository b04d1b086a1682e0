"""What every websocket of the site shares: who is at the other end, and whether they still may be.

A request ends before its rights can change; a socket does not. So whoever sends on one asks here
first. Knows nothing of runs or conversations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.contrib.sessions.models import Session
from django.utils import timezone

from finetune.text import whole_number

from .models import Membership, User

SIGNED_OUT = 4401  # the browser tries again with the cookie that it has now
NOT_FOUND = 4404
TOO_SLOW = 4408


@dataclass(frozen=True)
class Visitor:
    """A person as they were when the socket was opened.

    Attributes:
        password: its hash; a new password ends every session that was opened with the old one.
        session: key of the session; None where the socket was opened without one.
    """

    user_id: int
    password: str
    session: str | None


def visitor_of(scope: Mapping[str, Any]) -> Visitor | None:
    """The signed-in person behind a connection, or None."""
    user = scope.get("user")
    if not isinstance(user, User):
        return None
    session = scope.get("session")
    return Visitor(user.pk, user.password, session.session_key if session is not None else None)


def still_signed_in(visitors: Collection[Visitor]) -> set[Visitor]:
    """Those whose account and session are as they were, however many, in two queries."""
    accounts = User.objects.filter(pk__in={one.user_id for one in visitors}, is_active=True)
    passwords = dict(accounts.values_list("pk", "password"))
    keys = {one.session for one in visitors if one.session is not None}
    live = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    sessions = {None, *live.values_list("session_key", flat=True)}
    return {
        one
        for one in visitors
        if passwords.get(one.user_id) == one.password and one.session in sessions
    }


def refusals(visitors: Collection[Visitor], team_id: int | None) -> dict[Visitor, int]:
    """The code with which to close the sockets of those who may not see this team's things now.

    Without a team only account and session are asked for.
    """
    members = {one.user_id for one in visitors}
    if team_id is not None:
        rows = Membership.objects.filter(team=team_id, user__in=members)
        members = set(rows.values_list("user_id", flat=True))
    signed_in = still_signed_in(visitors)
    return {
        one: NOT_FOUND if one.user_id not in members else SIGNED_OUT
        for one in visitors
        if one.user_id not in members or one not in signed_in
    }


def number_asked(scope: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number from the address, in ASCII digits; anything else is the default."""
    query = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1"))
    number = whole_number(query.get(name, [""])[0])
    return default if number is None else number
