"""What a person agreed to share, and what their page says of it."""

from __future__ import annotations

from dataclasses import dataclass

from chat.conversations.models import Conversation, Message

from .models import Handover

LAST_TURNS = 3


@dataclass(frozen=True)
class Shared:
    """One message as a reviewer sees it."""

    who: str
    text: str


def shared_by(handover: Handover) -> list[Shared]:
    """The messages that a person agreed to show, oldest first; none that came later."""
    if handover.shares == Handover.Shares.NOTHING or not handover.is_open:
        return []
    rows = handover.conversation.messages.filter(turn__lte=handover.turn).exclude(content="")
    if handover.shares == Handover.Shares.LAST:
        rows = rows.filter(turn__gt=handover.turn - LAST_TURNS)
    return [
        Shared("Person" if row.role == Message.Role.USER else "Assistant", row.content)
        for row in rows.order_by("turn", "id")
    ]


def handover_of(conversation: Conversation) -> Handover | None:
    """The newest one that is not taken back."""
    rows = conversation.handovers.exclude(state=Handover.State.WITHDRAWN)
    found: Handover | None = rows.select_related("reviewer").first()
    return found
