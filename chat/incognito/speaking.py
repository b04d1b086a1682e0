"""One reply of an incognito talk: decided and gated as every reply, and kept nowhere."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from chat.conversations.exceptions import ChatRefused
from chat.conversations.failures import UNAVAILABLE, WORDS
from chat.conversations.generation import in_thread
from chat.conversations.prompts import system_prompt, window_for
from chat.engine.client import EngineClient, EngineError, EngineUnavailable
from chat.incognito.transcript import Exchange, turns_of
from chat.notices.services import notice_take
from chat.policy.decision import Decision, decide
from chat.policy.person import person_of_user
from chat.speech.speaking import speak
from chat.speech.telling import Listener, judge_client
from finetune.runs.assistants import Assistant
from finetune.teams.models import User

logger = logging.getLogger("chat.incognito")
AT_ONCE = 2  # replies to one person


@dataclass(frozen=True)
class Piece:
    """Something for the page: what stands around a reply, words of it, or why it ended early.

    With `unread` the reply is written without the beginning of the talk, and `told` is what its
    assistant is told of that.
    """

    notice: str = ""
    card: tuple[str, str] | None = None
    quiet: str = ""
    text: str = ""
    problem: str = ""
    unread: bool = False
    told: str = ""


class Speaking:
    """Who is being answered in this process: a person may not have many replies at once."""

    running: Counter[int] = Counter()

    def __init__(self, user: User) -> None:
        self.user_id = user.pk

    def __enter__(self) -> None:
        if self.running[self.user_id] >= AT_ONCE:
            raise ChatRefused(
                _("Replies are being written in your other windows. Wait for one to end."),
                code="too_many_replies",
            )
        self.running[self.user_id] += 1

    def __exit__(self, *_: object) -> None:
        self.running[self.user_id] -= 1
        if self.running[self.user_id] <= 0:
            del self.running[self.user_id]


async def reply(
    *, user: User, assistant: Assistant, talk: list[Exchange], text: str
) -> AsyncIterator[Piece]:
    """Everything that the page shows for a message, in the order in which it is shown."""
    history = [message for turn in turns_of(talk) for message in turn.messages]
    with Speaking(user):
        yield Piece(notice=await in_thread(notice_take)(user, first=not talk))
        decision = await decide(
            person=person_of_user(user),
            assistant=assistant,
            text=text,
            history=history,
            judge=judge_client(),
            log_words=False,
        )
        card = (decision.card.key, decision.card.language) if decision.card else None
        yield Piece(card=card, quiet="" if card else decision.quiet_line)
        try:
            async with aclosing(spoken(user, assistant, decision, talk, text)) as words:  # type: ignore[type-var]
                async for piece in words:
                    yield piece
        except EngineUnavailable:
            logger.warning("an incognito reply failed: the engine does not answer")
            yield Piece(problem=_(UNAVAILABLE))
        except EngineError as error:
            # Not the error's own words: an engine elsewhere may quote the prompt in them.
            logger.warning("an incognito reply failed: %s %s", error.status, error.code)
            known = WORDS.get(error.code or "")
            yield Piece(problem=_(known) if known else _("The engine refused this. Try again."))


async def spoken(
    user: User,
    assistant: Assistant,
    decision: Decision,
    talk: list[Exchange],
    text: str,
) -> AsyncIterator[Piece]:
    """The words of the reply; where the prompt is too long, one more turn is left out."""
    window = window_for(turns_of([*talk, Exchange(text, "")]), assistant, system_prompt(assistant))
    listener = Listener(person_of_user(user), assistant.id)
    said = await in_thread(listener.said)()
    started = False
    while True:
        if window.left_out and decision.writer == "assistant":
            yield Piece(unread=True, told=window.told)
        steps = speak(
            decision,
            client=EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY),
            model=assistant.engine_name,
            prompt=window.prompt(),
            options={"max_tokens": settings.CHAT_MAX_TOKENS},
            language=decision.language,
            judge=judge_client(),
            continues=settings.ENGINE_IS_OURS,
            said=said,
            languages=assistant.base.languages,
        )
        try:
            async with aclosing(steps) as open_steps:  # type: ignore[type-var]
                async for step in open_steps:
                    if listener.is_news(step, decision):
                        await in_thread(listener.tell)(step)
                    words = step.text if started else step.text.lstrip()
                    if words:
                        started = True
                        yield Piece(text=words)
            return
        except EngineError as error:
            if error.code != "context_length_exceeded" or not window.can_narrow or started:
                raise
            window = window.narrowed()
