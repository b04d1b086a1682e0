"""Votes on replies side by side. Where reviewed words stand, nobody is asked to compare."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.branches.services import versions_reveal
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Message, Vote, revise
from chat.conversations.services import locked
from chat.conversations.sides import SIDES, vote_choices
from chat.ratings.occasions import NOTHING_ASKED, turn_is_calm


@transaction.atomic
def vote_cast(*, conversation: Conversation, turn: int, choice: str) -> Vote:
    """Store which reply was better. The first vote shows the names; later ones are not blind."""
    conversation = locked(conversation)
    rows = conversation.messages.filter(turn=turn)
    if not conversation.compares or not rows.exists():
        raise ChatRefused(_("There is nothing to vote on."), code="bad_choice", field="turn")
    choices = dict(vote_choices(len(conversation.sides)))
    if choice not in choices:
        raise ChatRefused(
            _("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)},
            code="bad_choice",
            field="choice",
        )
    if rows.exclude(copied_from="").exists():
        raise ChatRefused(
            _("This was said in another talk; vote on it there."), code="bad_choice", field="turn"
        )
    if rows.filter(state=Message.State.STREAMING).exists():
        raise ChatRefused(_("Wait for all replies before you vote."), code="reply_in_progress")
    if not turn_is_calm(conversation, turn):
        raise ChatRefused(str(NOTHING_ASKED), code="bad_choice", field="turn")
    if any(reply.has_reviewed_words for reply in rows.filter(role=Message.Role.ASSISTANT)):
        raise ChatRefused(
            _(
                "Not every assistant answered this in its own words, so there is nothing to "
                "compare."
            ),
            code="bad_choice",
            field="turn",
        )
    vote, made = Vote.objects.get_or_create(
        conversation=conversation,
        turn=turn,
        defaults={
            "choice": choice,
            "blind": conversation.revealed_at is None,
            **{f"assistant_{side}": conversation.assistant_on(side)[0] for side in SIDES},
        },
    )
    if not made and vote.choice != choice:
        vote.choice, vote.blind, vote.cast_at = choice, False, timezone.now()
        vote.save(update_fields=["choice", "blind", "cast_at"])
    first = conversation.revealed_at is None
    revision = revise(conversation, revealed_at=conversation.revealed_at or timezone.now())
    (conversation.messages if first else rows).update(revision=revision)
    if first:
        versions_reveal(conversation)
    return vote
