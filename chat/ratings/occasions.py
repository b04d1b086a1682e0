"""Where a person may be asked what they think of a reply, and what may ever leave their talks.

Never where they may have been in danger: whoever reads a care card is not asked to grade what
stands under it, and no such exchange becomes anybody's data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from chat.conversations.models import Conversation, Message
from chat.policy.person import person_of_user
from chat.policy.selectors import episodes_of

Episodes = Sequence[tuple[datetime, datetime | None]]
NOTHING_ASKED = gettext_lazy("Here you are not asked what you think of a reply.")


def is_calm(message: Message, replies: Iterable[Message], episodes: Episodes) -> bool:
    """Whether nothing at this turn, in it or around it, sounded like danger."""
    if message.risk_level or message.card_key or message.quiet_line:
        return False
    if any(reply.card_key for reply in replies):
        return False
    at = message.created_at
    return not any(begun <= at and (end is None or at < end) for begun, end in episodes)


def turn_is_calm(conversation: Conversation, turn: int) -> bool:
    """The same of one turn of a conversation, read from its rows."""
    rows = list(conversation.messages.filter(turn=turn))
    asked = next(row for row in rows if row.role == Message.Role.USER)
    replies = [row for row in rows if row is not asked]
    return is_calm(asked, replies, episodes_of(person_of_user(conversation.user)))


def can_share(conversation: Conversation, replies: Iterable[Message]) -> bool:
    """Whether a team could be given these replies, of a calm turn: none holds a reviewed word.

    A visitor has no team.
    """
    return not conversation.anonymous and all(reply.is_all_its_own for reply in replies)
