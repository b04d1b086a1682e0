"""Handovers: asked for, taken, answered, taken back. Each is told to the open page."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, revise
from finetune.exceptions import StudioError
from finetune.teams.models import User
from finetune.text import typed

from .models import Handover, HandoverLook

State = Handover.State
LONGEST = 2000


def handovers_offered() -> bool:
    """Whether somebody of this site answers; an offer that nobody keeps is worse than none."""
    return bool(settings.HANDOVER)


@transaction.atomic
def handover_ask(*, conversation: Conversation, shares: str, words: str) -> Handover:
    """Ask for a human.

    Raises:
        ChatRefused: nobody answers here, one is open already, or nothing is said and shared.
    """
    row = Conversation.objects.select_for_update().get(pk=conversation.pk)
    words = typed(words)
    if not handovers_offered():
        raise ChatRefused(_("Nobody of this site can be asked at the moment."), code="not_offered")
    if shares not in Handover.Shares.values:
        raise ChatRefused(_("Choose what you want to share."), code="bad_choice", field="shares")
    if len(words) > LONGEST:
        raise ChatRefused(
            _("This is %(number)s characters long; %(longest)s fit.")
            % {"number": f"{len(words):,}", "longest": f"{LONGEST:,}"},
            code="too_long",
            field="words",
        )
    if shares == Handover.Shares.NOTHING and not words:
        raise ChatRefused(
            _("Write a few words, or share messages; otherwise nobody knows what to answer."),
            code="nothing_shared",
            field="words",
        )
    if row.handovers.filter(state__in=Handover.OPEN).exists():
        raise ChatRefused(_("Somebody has been asked already."), code="asked_already")
    last = row.messages.order_by("-turn").values_list("turn", flat=True).first() or 0
    made: Handover = Handover.objects.create(
        conversation=row, shares=shares, words=words, turn=last
    )
    revise(row)
    return made


@transaction.atomic
def handover_withdraw(*, conversation: Conversation) -> None:
    """Take it back; whoever has not read it yet cannot any more.

    Raises:
        ChatRefused: none is open.
    """
    rows = conversation.handovers.filter(state__in=Handover.OPEN)
    if not rows.update(state=State.WITHDRAWN, words="", shares=Handover.Shares.NOTHING):
        raise ChatRefused(_("Nothing is waiting for somebody."), code="not_asked")
    revise(conversation)


@transaction.atomic
def handover_look(*, handover: Handover, reviewer: User) -> None:
    """Note who reads it, before it is shown; the first to read has taken it."""
    row = locked(handover)
    HandoverLook.objects.create(handover=row, reviewer=reviewer.get_username())
    if row.state == State.WAITING:
        row.state, row.reviewer, row.taken_at = State.TAKEN, reviewer, timezone.now()
        row.save(update_fields=["state", "reviewer", "taken_at"])
        revise(row.conversation)


@transaction.atomic
def handover_answer(*, handover: Handover, reviewer: User, answer: str) -> Handover:
    """Write to the person.

    Raises:
        StudioError: there are no words, or too many, or it was taken back or answered.
    """
    row = locked(handover)
    answer = answer.strip()
    if not answer or len(answer) > LONGEST:
        raise StudioError(
            _("Write an answer of at most %(longest)s characters.") % {"longest": f"{LONGEST:,}"},
            code="no_words",
            field="answer",
        )
    if not row.is_open:
        raise StudioError(
            _("It was taken back, or answered by somebody else."), code="not_open", field="answer"
        )
    row.state, row.reviewer, row.answer = State.ANSWERED, reviewer, answer
    row.answered_at = timezone.now()
    row.save()
    revise(row.conversation)
    return row


def locked(handover: Handover) -> Handover:
    rows = Handover.objects.select_for_update().select_related("conversation")
    return rows.get(pk=handover.pk)
