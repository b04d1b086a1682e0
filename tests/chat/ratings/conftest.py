"""Talks to rate: with one assistant, with two, and with danger in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat.conversations import services
from chat.conversations.models import Conversation, Message


@pytest.fixture
def said() -> Callable[..., list[Message]]:
    """Send a message and let each side answer it."""

    def say(talk: Conversation, text: str, **reply: Any) -> list[Message]:
        replies = services.message_send(conversation=talk, text=text)
        return answered(talk, replies, **reply)

    return say


def answered(talk: Conversation, replies: list[Message], **fields: Any) -> list[Message]:
    for reply in replies:
        content = f"Reply {reply.turn}{reply.side}{reply.variant}."
        services.reply_finish(
            message_id=reply.pk, **{"state": "done", "content": content, **fields}
        )
        reply.refresh_from_db()
    talk.refresh_from_db()
    return replies


@pytest.fixture
def again() -> Callable[[Conversation, str], Message]:
    """Let one side answer the last message once more."""

    def once_more(talk: Conversation, side: str) -> Message:
        [reply] = answered(talk, services.reply_again(conversation=talk, side=side))
        return reply

    return once_more


@pytest.fixture
def both(team: Any, alice: Any, tuned: Any, plain: Any) -> Conversation:
    """Alice's comparison of two, answered once."""
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="I cannot sleep."
    )
    answered(talk, replies)
    return talk


@pytest.fixture
def three(team: Any, alice: Any, tuned: Any, plain: Any, quantum: Any) -> Conversation:
    """Alice's comparison of three, answered once."""
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain, quantum], text="I cannot sleep."
    )
    answered(talk, replies)
    return talk


def reply_of(talk: Conversation, side: str = "a", turn: int = 1) -> Message:
    """The newest reply of one side."""
    return talk.messages.filter(side=side, turn=turn).latest("variant")
