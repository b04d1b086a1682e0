"""A visit: begun by agreeing, bounded by address, and gone with everything when it ends."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.conversations.models import Conversation, Message
from chat.conversations.services import conversation_start
from chat.visitors.exceptions import VisitorsRefused
from chat.visitors.models import Visitor
from chat.visitors.selectors import LOBBY, assistant_offered
from finetune.teams.accounts.sign_in import cache_key, increment, network_of
from finetune.teams.models import Team, User

SESSION_KEY = "chat-visitor"
VISIT_LASTS = timedelta(days=1)  # after the last message; the text of the consent says so
PER_ADDRESS = 4  # times what one visitor may write: a household, a ward, a school


def address_of(request: HttpRequest) -> str:
    return network_of(request.META.get("REMOTE_ADDR", ""))


def visitor_begin(*, request: HttpRequest) -> User:
    """Make a visitor and sign this browser's session in as it.

    Raises:
        VisitorsRefused: too many visits from this address.
    """
    count = increment(cache_key("visit", address_of(request)))
    if count > settings.ANONYMOUS_VISITS:
        raise VisitorsRefused(
            _(
                "Too many visits were begun from your network in the last quarter of an hour. "
                "Wait a little and try again, or sign in. The help lines are open without this."
            ),
            code="too_many_visits",
        )
    with transaction.atomic():
        user = User(username=f"visitor-{secrets.token_hex(12)}")
        user.set_unusable_password()
        user.save()
        Visitor.objects.create(user=user)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[SESSION_KEY] = True
    request.session.set_expiry(0)  # with the browser; the sweep ends what the browser forgets
    return user


def message_allowed(*, user: User, address: str) -> bool:
    """Count a visitor's message; False once there were too many in a quarter of an hour."""
    most = settings.ANONYMOUS_MESSAGES
    own = increment(cache_key("visitor-message", str(user.pk)))
    together = increment(cache_key("visitor-address", address))
    Visitor.objects.filter(user=user).update(seen_at=timezone.now())
    return bool(own <= most and together <= most * PER_ADDRESS)


def visitor_conversation_start(*, user: User, text: str) -> tuple[Conversation, list[Message]]:
    """Open a visitor's talk with the assistant that the operator offers.

    Raises:
        VisitorsRefused: none is offered any more.
        ChatRefused: the message cannot be taken.
    """
    offered = assistant_offered()
    if offered is None:
        raise VisitorsRefused(_("There is nobody to talk to here right now."), code="not_offered")
    team, assistant = offered
    if team is None:
        team, __ = Team.objects.get_or_create(slug=LOBBY, defaults={"name": "Visitors"})
    return conversation_start(
        team=team, user=user, assistants=[assistant], text=text, anonymous=True
    )


def visit_end(*, request: HttpRequest) -> None:
    """Delete the visitor with all that belongs to it, and the session."""
    user = request.user
    logout(request)
    if isinstance(user, User):
        visitors_delete(Visitor.objects.filter(user=user).values_list("user_id", flat=True))


def visitors_delete(people: Iterable[int]) -> int:
    """Delete these visitors' accounts for good; whoever is no visitor is left alone."""
    rows = User.objects.filter(pk__in=people, visitor__isnull=False)
    count = rows.count()
    rows.delete()
    return count
