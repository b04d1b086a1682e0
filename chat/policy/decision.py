"""`decide`: reads a message, moves the person's state, logs, and says who writes the reply.

| state | who writes |
|---|---|
| ordinary | the assistant |
| raised within the last hour | the library, unless the assistant is cleared for this level |
| raised earlier | the assistant, told to ask openly; if not cleared, a reviewed question follows |
| high | the library of reviewed replies, unless the assistant is cleared for this level |
| high, after an emergency | the library, whoever is cleared |

Whoever asks whether this is a human gets a reviewed answer at any level. The talk never ends.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from channels.db import database_sync_to_async
from django.db import DatabaseError, transaction
from django.utils import timezone

from chat.conversations.models import Conversation
from chat.policy.catching_up import gravest_of, remember, unread
from chat.policy.clearance import levels_cleared
from chat.policy.decay import is_fresh
from chat.policy.instructions import instruction_for
from chat.policy.models import RiskState, SafetyEntry
from chat.policy.notice import (
    Notice,
    is_known,
    is_nothing,
    message_mark,
    message_of,
    noticed,
    noticed_only,
    spoken,
    with_answer,
)
from chat.policy.person import Person
from chat.policy.reading import Judge, Said, Turns, language_of_talk, scores_of
from chat.policy.selectors import level_now
from chat.policy.services import Place, entry_add, said_add, state_locked, state_notice
from chat.safety.cards import Card
from chat.safety.detection import Finding, Scores, read
from chat.safety.levels import Level
from chat.safety.library import (
    ReviewedReply,
    ai_answer,
    asks_whether_human,
    question_for,
    reply_for,
)
from finetune.faults import fault_of
from finetune.runs.assistants import Assistant

logger = logging.getLogger("chat.policy")


@dataclass(frozen=True)
class Decision:
    """Who writes the next reply, and what stands around it.

    Where `writer` is the library, `reply` is what it says, followed by `closing_question` where
    there is one: a question about being human, asked in the middle of a crisis, gets both.
    """

    level: Level
    category: str
    language: str
    writer: Literal["assistant", "library"] = "assistant"
    card: Card | None = None
    quiet_line: str = ""
    instruction: str = ""
    reply: ReviewedReply | None = None
    closing_question: ReviewedReply | None = None
    offer_handover: bool = False

    @property
    def reviewed(self) -> list[ReviewedReply]:
        """The reviewed words of this reply, in the order in which they are shown."""
        return [words for words in (self.reply, self.closing_question) if words is not None]

    def reply_fields(self) -> dict[str, str]:
        """Who wrote the reply, as columns of its `Message`."""
        return {
            "writer": self.writer,
            "reviewed_id": " + ".join(words.id for words in self.reviewed),
            "reviewed_version": " + ".join(str(words.version) for words in self.reviewed),
        }


async def decide(
    *,
    person: Person,
    assistant: Assistant,
    text: str,
    history: Turns = (),
    conversation: Conversation | None = None,
    judge: Judge | None = None,
    log_words: bool = True,
) -> Decision:
    """Read a message with the judge, where it answers, and decide (see `decide_sync`)."""
    earlier: list[Said] = []
    if log_words:
        earlier = await off_loop(unread)(person, history, conversation)
    *scores_before, scores = await scores_of(judge, [*earlier, (text, history)])
    decision: Decision = await off_loop(decide_sync)(
        person=person,
        assistant=assistant,
        text=text,
        history=history,
        conversation=conversation,
        scores=scores,
        earlier=list(zip(earlier, scores_before, strict=True)),
        log_words=log_words,
    )
    return decision


def off_loop(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """A database call in any thread: the one of a request may be waiting for us."""
    in_thread: Callable[..., Awaitable[Any]] = database_sync_to_async(
        function, thread_sensitive=False
    )
    return in_thread


def decide_sync(
    *,
    person: Person,
    assistant: Assistant,
    text: str,
    history: Turns = (),
    conversation: Conversation | None = None,
    scores: list[Scores] | None = None,
    earlier: Sequence[tuple[Said, list[Scores] | None]] | None = None,
    log_words: bool = True,
) -> Decision:
    """Decide who answers the last message of a person.

    Args:
        text: the message, as it was written.
        history: what was said before it, oldest first.
        conversation: where the message stands last, if it is kept. A message that was read there
            before is not a second sign: another try keeps its card and may get another reply.
        scores: the judge's, one for each of `units(text, history)`; None: rules alone.
        earlier: messages of the history that the policy has never read, with their scores; None:
            look for them (`catching_up`).
        log_words: False for a message that is stored nowhere: `WUKONG_SAFETY_LOG_TEXT` or not. Not
            even a hash of it is kept then; its history was read as it was sent.
    """
    if earlier is None:
        earlier = [(said, None) for said in unread(person, history, conversation)]
    heard = Heard(
        text,
        language_of_talk(text, history),
        asks_whether_human(text),
        read(text, history, scores=scores),
        gravest_of(earlier),
        log_words,
    )
    if heard.is_ordinary and not is_known(person):
        decision = Decision(Level.ORDINARY, "", heard.language)
    else:
        try:
            decision = decided(person, assistant, conversation, heard)
        except DatabaseError as error:
            if fault_of(error) is None:
                raise
            logger.warning("a state was not kept; its reply is given all the same", exc_info=error)
            decision = unwritten(person, heard)
    if conversation is None and log_words:
        remember(person, [*(said for said, _ in earlier), (text, history)])
    return decision


@dataclass(frozen=True)
class Heard:
    """A message after reading. `before` is what earlier ones say that nobody had read."""

    text: str
    language: str
    asks_human: bool
    finding: Finding
    before: Finding
    log_words: bool

    @property
    def is_ordinary(self) -> bool:
        """Whether nothing of it is the policy's matter."""
        return not self.asks_human and is_nothing(self.finding) and is_nothing(self.before)


def decided(
    person: Person, assistant: Assistant, conversation: Conversation | None, heard: Heard
) -> Decision:
    """Move the person's state, choose, and log, all of it or nothing."""
    granted = levels_cleared(assistant)
    now = timezone.now()
    place = Place.of(conversation, assistant.id)
    with transaction.atomic():
        state = state_locked(person)
        message = message_of(conversation, heard.text)
        state_notice(state, heard.before, now=now, place=place, is_new=False)
        notice = noticed(
            state,
            with_answer(state, heard.finding, heard.text),
            heard.language,
            now=now,
            place=place,
            message=message,
            text=heard.text if heard.log_words else "",
        )
        decision = chosen(state, notice, granted, now, heard)
        log_choice(state, decision, place, now)
        state.save()
        if message is not None:
            message_mark(message, notice)
    return decision


def unwritten(person: Person, heard: Heard) -> Decision:
    """The decision where the database takes no writes (a full disk, a lock): nobody is cleared.

    What was raised is in no row then; the next message is read again, by whoever can write.
    """
    state = RiskState.objects.filter(mark=person.mark).first() or RiskState(mark=person.mark)
    state.level = max(level_now(state), heard.finding.level, heard.before.level)
    state.category = heard.finding.category or heard.before.category or state.category
    notice = noticed_only(state, heard.finding, heard.language)
    return chosen(state, notice, frozenset(), timezone.now(), heard)


def chosen(
    state: RiskState,
    notice: Notice,
    granted: frozenset[Level],
    now: datetime,
    heard: Heard,
) -> Decision:
    """The table at the head of this module."""
    level, category, language = notice.level, notice.category, spoken(notice.language)
    is_high = level == Level.HIGH
    emergency = notice.finding.urgent or "emergency" in state.cards  # of this episode
    reply = question = None
    # Words around a sign are often graver than they read; an unproven model passes over them.
    is_near = notice.finding.level == Level.RAISED or is_fresh(state.counted_from, now)
    uncleared = level > Level.ORDINARY and level not in granted
    if (is_high and (heard.asks_human or emergency)) or (uncleared and (is_high or is_near)):
        reply = reply_for(
            level=level, category=category, language=language, said=state.said, text=heard.text
        )
    elif uncleared:
        question = question_for(category=category, language=language, said=state.said)
    if heard.asks_human:
        answer, grave = ai_answer(language, state.said), reply or question
        # Whoever says in the same breath that they are in danger hears of that first.
        in_danger = notice.finding.level == Level.HIGH
        reply, question = (grave, answer) if in_danger else (answer, grave)
    decision = Decision(
        level=level,
        category=category,
        language=notice.language,
        writer="assistant" if reply is None else "library",
        card=notice.card,
        quiet_line=notice.quiet_line,
        instruction="" if reply else instruction_for(level, category, notice.language),
        reply=reply,
        closing_question=question,
        offer_handover=is_high,
    )
    for words in decision.reviewed:
        said_add(state, words.id)
    return decision


def log_choice(state: RiskState, decision: Decision, place: Place, now: datetime) -> None:
    """One entry for who answers, where that is not simply the assistant."""
    words = " + ".join(f"{words.id} v{words.version}" for words in decision.reviewed)
    if decision.reply is not None:
        action = SafetyEntry.Action.LIBRARY
    elif decision.closing_question is not None:
        action = SafetyEntry.Action.QUESTION
    elif decision.level > Level.ORDINARY:
        action = SafetyEntry.Action.CLEARED
    else:
        return
    entry_add(
        state,
        action,
        place=place,
        finding=Finding(category=decision.category),
        reviewed=words,
        at=now,
    )
