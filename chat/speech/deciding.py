"""The policy's decision on one message of a person, asked for once for all replies to it.

Assistants side by side get one decision: that for the one which is cleared for less. So a
person in danger never has different texts before them, one of which might be an assistant's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.db import database_sync_to_async

from chat.conversations.models import Conversation, Message
from chat.policy.clearance import levels_cleared
from chat.policy.decision import Decision, decide
from chat.policy.person import Person, person_of_user
from chat.speech.telling import judge_client
from finetune.bases.models import BaseModel
from finetune.runs.assistants import Assistant, assistant_get

HISTORY = 12  # messages before this one


class Gone(Exception):
    """The assistant was deleted or unpublished."""


@dataclass(frozen=True)
class Asked:
    """A message, and whom it was written to."""

    person: Person
    conversation: Conversation
    text: str
    history: list[dict[str, str]]
    assistants: list[Assistant]


def history_of(conversation: Conversation, until: int) -> list[dict[str, str]]:
    """What was said before a turn, oldest first; of several sides the first one's replies."""
    rows = conversation.messages.filter(turn__lt=until, side__in=("", "a")).exclude(content="")
    newest = reversed(rows.order_by("-turn", "-id")[:HISTORY])
    return [{"role": row.role, "content": row.content} for row in newest]


def asked_of(reply_ids: Sequence[int]) -> Asked:
    """What the replies that were opened are replies to."""
    replies = list(
        Message.objects.filter(pk__in=reply_ids).select_related("conversation__team").order_by("pk")
    )
    conversation, turn = replies[0].conversation, replies[0].turn
    own = conversation.messages.get(turn=turn, role=Message.Role.USER)
    assistants = [
        assistant_get(conversation.team, reply.assistant) or departed(reply) for reply in replies
    ]
    return Asked(
        person_of_user(conversation.user),
        conversation,
        own.content,
        history_of(conversation, turn),
        sorted(assistants, key=lambda one: len(levels_cleared(one))),
    )


def departed(reply: Message) -> Assistant:
    """An assistant that was deleted: it can say nothing, and the library can all the same."""
    name, title = reply.assistant, reply.assistant_title
    return Assistant(name, name, title, "tuned", BaseModel())


async def replies_decide(reply_ids: Sequence[int]) -> tuple[Asked, Decision]:
    """Who writes these replies to one message, and what stands around them."""
    off_loop = database_sync_to_async(asked_of, thread_sensitive=False)
    asked: Asked = await off_loop(reply_ids)
    decision = await decide(
        person=asked.person,
        assistant=asked.assistants[0],
        text=asked.text,
        history=asked.history,
        conversation=asked.conversation,
        judge=judge_client(),
    )
    return asked, decision
