"""Writing conversations: every change is one function, counted by `Conversation.revision`.

Nothing here talks to the engine; `generation` writes the replies that `message_send` and
`reply_again` open.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import LAPSE, Conversation, Message, revise
from chat.conversations.sides import SIDES, side_fields
from chat.notices.services import notice_take
from chat.policy.notice import fields_of, message_notice
from chat.policy.person import person_of_user
from chat.policy.selectors import level_of
from chat.safety import Assessment, assess
from chat.safety.language import language_of
from chat.safety.levels import Level
from chat.speech.deciding import history_of
from finetune.runs.assistants import Assistant, assistant_get
from finetune.teams.models import Team, User
from finetune.text import typed

LONGEST_MESSAGE = 8000
REPLIES_PER_PERSON = 6  # written at the same time: two comparisons
TITLE_LENGTH = 60
GENTLE_TITLES = {"en": "A hard moment", "zh": "艰难的时刻"}


def title_of(text: str) -> str:
    """A talk's title by its first message: a gentle one, in its language, where that is grave."""
    return gentle_title(text) if assess(text) else title_from(text)


def gentle_title(text: str) -> str:
    return GENTLE_TITLES["zh" if language_of(text) == "zh" else "en"]


def title_from(text: str) -> str:
    """The first words of a text, cut between words."""
    words = " ".join(text.split())
    if len(words) <= TITLE_LENGTH:
        return words
    head = words[: TITLE_LENGTH - 1]
    return (head[: head.rfind(" ")] if " " in head[20:] else head).rstrip(" ,.;:") + "…"


def cleaned(text: str) -> str:
    text = typed(text)
    if not text:
        raise ChatRefused(_("Write something first."), code="empty_message", field="text")
    if len(text) > LONGEST_MESSAGE:
        raise ChatRefused(
            _(
                "This is %(number)s characters long; %(longest)s fit into one message. "
                "Send it in parts."
            )
            % {"number": f"{len(text):,}", "longest": f"{LONGEST_MESSAGE:,}"},
            code="message_too_long",
            field="text",
        )
    return text


def conversation_start(
    *, team: Team, user: User, assistants: list[Assistant], text: str, anonymous: bool = False
) -> tuple[Conversation, list[Message]]:
    """Open a conversation with one, two or three assistants and send the first message.

    Chance decides who is on which side, so that a vote is blind.
    """
    if not assistants or len(assistants) > len(SIDES):
        raise ChatRefused(_("Choose one assistant, two or three."), code="bad_choice")
    if len({assistant.id for assistant in assistants}) != len(assistants):
        raise ChatRefused(
            _("To compare, choose two different assistants, or three."),
            code="same_twice",
            field="compare",
        )
    text = cleaned(text)
    with transaction.atomic():
        conversation = Conversation.objects.create(
            team=team,
            user=user,
            anonymous=anonymous,
            # Whoever looks over a shoulder should not read a cry for help in the list.
            title=title_of(text),
            **side_fields(random.sample(assistants, len(assistants))),
        )
        replies = message_send(conversation=conversation, text=text)
    return conversation, replies


@transaction.atomic
def message_send(*, conversation: Conversation, text: str) -> list[Message]:
    """Keep what the person wrote and open the replies to it, still empty."""
    text = cleaned(text)
    conversation = locked(conversation)
    check_room(conversation, len(conversation.sides))
    last = conversation.messages.order_by("-turn").values_list("turn", flat=True).first() or 0
    turn = last + 1
    notice = message_notice(
        person=person_of_user(conversation.user),
        text=text,
        history=history_of(conversation, turn),
        conversation=conversation,
        assistant=conversation.assistant_a,
    )
    revision = revise(conversation, updated_at=timezone.now())
    Message.objects.create(
        conversation=conversation,
        turn=turn,
        role=Message.Role.USER,
        content=text,
        revision=revision,
        notice=notice_take(conversation.user, first=turn == 1),
        **fields_of(notice),
    )
    return [reply_open(conversation, turn, side, revision) for side in conversation.sides]


@transaction.atomic
def reply_again(*, conversation: Conversation, side: str) -> list[Message]:
    """Open another variant of the last reply on one side; the earlier ones are kept.

    On all sides where the library answers: a person in danger has one reply before them, not three.
    """
    conversation = locked(conversation)
    if side not in conversation.sides:
        raise ChatRefused(_("There is no such side."), code="bad_choice", field="side")
    last = conversation.messages.order_by("-turn").values_list("turn", flat=True).first()
    if last is None:
        raise ChatRefused(_("There is nothing to try again."), code="empty_conversation")
    sides = conversation.sides if answered_as_one(conversation, last) else (side,)
    check_room(conversation, len(sides))
    revision = revise(conversation, updated_at=timezone.now())
    return [reply_open(conversation, last, side, revision) for side in sides]


def answered_as_one(conversation: Conversation, turn: int) -> bool:
    """Whether all sides hold a reply of the library, or would now."""
    written = conversation.messages.filter(turn=turn, writer=Message.Writer.LIBRARY)
    return written.exists() or level_of(person_of_user(conversation.user)) == Level.HIGH


def locked(conversation: Conversation) -> Conversation:
    return (
        Conversation.objects.select_for_update()
        .select_related("team", "user")
        .get(pk=conversation.pk)
    )


def check_room(conversation: Conversation, wanted: int) -> None:
    replies_reap(conversation=conversation)
    if conversation.messages.filter(state=Message.State.STREAMING).exists():
        raise ChatRefused(
            _("A reply is being written. Wait for it, or stop it first."), code="reply_in_progress"
        )
    alive = Message.objects.filter(
        conversation__user_id=conversation.user_id,
        state=Message.State.STREAMING,
        beat_at__gt=timezone.now() - LAPSE,
    ).count()
    if alive + wanted > REPLIES_PER_PERSON:
        raise ChatRefused(
            _(
                "Replies are being written in your other conversations, and %(number)d at a time "
                "is the limit. Wait for one to end, or stop it."
            )
            % {"number": REPLIES_PER_PERSON},
            code="too_many_replies",
        )


def reply_open(conversation: Conversation, turn: int, side: str, revision: int) -> Message:
    name, title = conversation.assistant_on(side)
    variants = conversation.messages.filter(turn=turn, side=side).count()
    return Message.objects.create(
        conversation=conversation,
        turn=turn,
        role=Message.Role.ASSISTANT,
        side=side,
        variant=variants + 1,
        state=Message.State.STREAMING,
        assistant=name,
        assistant_title=title,
        revision=revision,
        beat_at=timezone.now(),
    )


def risk_fields(assessment: Assessment) -> dict[str, str]:
    return {
        "risk_category": assessment.category,
        "risk_rule": assessment.rule,
        "card_key": assessment.card.key if assessment.card else "",
        "card_language": assessment.card.language if assessment.card else "",
    }


def reply_save(*, message_id: int, content: str) -> bool:
    """Keep the text so far. False: it is not being written any more (stopped elsewhere)."""
    rows = Message.objects.filter(pk=message_id, state=Message.State.STREAMING)
    return bool(rows.update(content=content, beat_at=timezone.now()))


@transaction.atomic
def reply_finish(*, message_id: int, state: str, content: str | None = None, **fields: Any) -> bool:
    """Close a reply once; whoever comes second changes nothing. Assesses what it says."""
    rows = Message.objects.select_for_update().filter(pk=message_id, state=Message.State.STREAMING)
    message = rows.select_related("conversation").first()
    if message is None:
        return False
    if content is not None:
        message.content = content
    for name, value in fields.items():
        setattr(message, name, value)
    if speaks_alone(message):
        for name, value in risk_fields(assess(message.content, role="assistant")).items():
            setattr(message, name, value)
    message.state = state
    message.finished_at = timezone.now()
    message.revision = revise(message.conversation)
    message.save()
    return True


def speaks_alone(reply: Message) -> bool:
    """Whether a card could come of this reply's own words: not where the policy has spoken."""
    asked = reply.conversation.messages.filter(turn=reply.turn, side="")
    spoken = Q(risk_level__gt=0) | ~Q(card_key="") | ~Q(quiet_line="")
    return not reply.reviewed_id and not asked.filter(spoken).exists()


def replies_reap(*, conversation: Conversation, alive: Collection[int] = ()) -> int:
    """Mark replies whose process has died as interrupted, with what was kept of them."""
    lapsed = [
        reply
        for reply in conversation.messages.filter(state=Message.State.STREAMING)
        if reply.has_lapsed and reply.pk not in alive
    ]
    return sum(
        reply_finish(
            message_id=reply.pk,
            state=Message.State.INTERRUPTED,
            error_code="process_ended",
            error=gettext_noop(
                "The reply was cut off because the site restarted. What was written is kept."
            ),
        )
        for reply in lapsed
    )


@transaction.atomic
def conversation_rename(*, conversation: Conversation, title: str) -> None:
    title = " ".join(title.replace("\0", "").split())[:120]
    if not title:
        raise ChatRefused(_("Give it a name."), code="empty_title", field="title")
    revise(conversation, title=title)


def title_soften(*, conversation: Conversation) -> None:
    """Take a person's own words out of the title where they turned out to be about risk."""
    first = conversation.messages.get(turn=1, role=Message.Role.USER)
    if conversation.title == title_from(first.content):
        revise(conversation, title=gentle_title(first.content))


@transaction.atomic
def conversation_assistant(*, conversation: Conversation, assistant: str) -> None:
    """Go on with another assistant. Replies so far keep the name of who wrote them."""
    if conversation.compares or conversation.anonymous:
        raise ChatRefused(_("This conversation keeps whom it began with."), code="bad_choice")
    chosen = assistant_get(conversation.team, assistant)
    if chosen is None:
        words = _("This assistant is not there any more. Choose another.")
        raise ChatRefused(words, code="assistant_gone", field="assistant")
    revise(conversation, assistant_a=chosen.id, title_a=chosen.title[:120])


@transaction.atomic
def conversation_delete(*, conversation: Conversation) -> None:
    """Hide a conversation. It can be brought back (`branches.services.versions_restore`)."""
    revise(conversation, deleted_at=timezone.now())
