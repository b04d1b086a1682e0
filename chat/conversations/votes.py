"""Votes on two replies side by side. Where reviewed words stand, nobody is asked to compare."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chat.branches.services import versions_reveal
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Message, Vote, revise
from chat.conversations.services import locked


@transaction.atomic
def vote_cast(*, conversation: Conversation, turn: int, choice: str) -> Vote:
    """Store which reply was better. The first vote shows the names; later ones are not blind."""
    conversation = locked(conversation)
    rows = conversation.messages.filter(turn=turn)
    if not conversation.compares or not rows.exists():
        raise ChatRefused("There is nothing to vote on.", code="bad_choice", field="turn")
    if choice not in Vote.Choice.values:
        raise ChatRefused(
            f"Choose one of: {', '.join(Vote.Choice.values)}.", code="bad_choice", field="choice"
        )
    if rows.exclude(copied_from="").exists():
        raise ChatRefused(
            "This was said in another talk; vote on it there.", code="bad_choice", field="turn"
        )
    if rows.filter(state=Message.State.STREAMING).exists():
        raise ChatRefused("Wait for both replies before you vote.", code="reply_in_progress")
    if any(reply.has_reviewed_words for reply in rows.filter(role=Message.Role.ASSISTANT)):
        raise ChatRefused(
            "Not both assistants answered this in their own words, so there is nothing to compare.",
            code="bad_choice",
            field="turn",
        )
    vote, made = Vote.objects.get_or_create(
        conversation=conversation,
        turn=turn,
        defaults={
            "choice": choice,
            "blind": conversation.revealed_at is None,
            "assistant_a": conversation.assistant_a,
            "assistant_b": conversation.assistant_b,
        },
    )
    if not made and vote.choice != choice:
        vote.choice, vote.blind = choice, False
        vote.save(update_fields=["choice", "blind"])
    first = conversation.revealed_at is None
    revision = revise(conversation, revealed_at=conversation.revealed_at or timezone.now())
    (conversation.messages if first else rows).update(revision=revision)
    if first:
        versions_reveal(conversation)
    return vote
