"""Writing replies: one asyncio task per reply in the web process, independent of any socket.

The policy decides once for all replies to a message; `chat.speech` says them. Only what it releases
is ever here: the row and the memory hold no word of a sentence that was held back.

The database row is the record; it is saved twice a second. Sockets of this process read the text
from memory, those of other processes at each bell. A process that dies leaves a row without a
heartbeat, which `services.replies_reap` closes.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError

from chat.context.services import UNREAD, reach_keep
from chat.conversations import services
from chat.conversations.failures import EMPTY, PROCESS_ENDED, STOPPED, Ending, ending_of
from chat.conversations.models import Message
from chat.conversations.prompts import Plan, plan_of
from chat.engine.client import EngineClient, EngineError, EngineUnavailable, Usage
from chat.policy.decision import Decision
from chat.safety.levels import Level
from chat.safety.library import ReviewedReply
from chat.speech.deciding import replies_decide
from chat.speech.speaking import speak
from chat.speech.spoken import FILTERED, RESTARTING, Words
from chat.speech.telling import judge_client
from finetune.faults import fault_of
from finetune.queue import BROKER_AWAY

logger = logging.getLogger("chat.generation")
R = TypeVar("R")

SAVE_SECONDS = 0.5
BEAT_SECONDS = 2.0
LOOK_SECONDS = 0.5  # between looks whether the engine is back
KEEP_SECONDS = 120.0  # for how long a finished reply waits for a database that takes no writes


def in_thread(function: Callable[..., R]) -> Callable[..., Awaitable[R]]:
    """A database call off the loop, in any thread: the one of a request may be waiting for us."""
    off_loop: Callable[..., Awaitable[R]] = database_sync_to_async(function, thread_sensitive=False)
    return off_loop


def group_of(conversation_id: int) -> str:
    return f"chat.{conversation_id}"


async def ring(conversation_id: int) -> None:
    """Tell every open page of a conversation, in any process, to look at the record."""
    layer = get_channel_layer()
    try:
        if layer is not None:
            await layer.group_send(group_of(conversation_id), {"type": "chat.advanced"})
    except BROKER_AWAY as error:  # the broker is away: pages look every few seconds anyway
        logger.warning("no bell for conversation %s: %s", conversation_id, error)


class Generation:
    """One reply while it is being written."""

    running: dict[int, Generation] = {}

    def __init__(
        self, message_id: int, conversation_id: int, deciding: asyncio.Task[Decision]
    ) -> None:
        self.message_id = message_id
        self.conversation_id = conversation_id
        self.deciding = deciding
        self.text = ""
        self.reviewed: list[ReviewedReply] = []  # in the order in which they were said
        self.begun = False
        self.reach = UNREAD  # how far back its assistant reads
        self.waits: Words = ""  # before its first word: what for, in words for the page
        self.usage: Usage | None = None
        self.stopping = False
        self.finishing = False
        self.listeners: set[asyncio.Event] = set()
        self.task: asyncio.Task[None] | None = None

    @classmethod
    def begin(cls, message: Message, deciding: asyncio.Task[Decision]) -> Generation:
        """Start writing. The task must not inherit the context of the request that asked for it."""
        made = cls(message.pk, message.conversation_id, deciding)
        cls.running[message.pk] = made
        made.task = asyncio.create_task(made.run(), context=contextvars.Context())
        return made

    async def run(self) -> None:
        started = time.monotonic()
        beats = asyncio.create_task(self.beat())
        ending = Ending()
        try:
            finish = await self.write()
            if not self.text.strip():
                ending = EMPTY
            elif finish in ("length", FILTERED):
                ending = Ending(code=finish)
        except asyncio.CancelledError:
            ending = STOPPED if self.stopping else PROCESS_ENDED
        except Exception as error:
            ending = ending_of(error, self.message_id, has_text=bool(self.text))
        beats.cancel()
        self.finishing = True
        await self.finish(
            state=ending.state,
            error_code=ending.code,
            error=ending.words,
            seconds=round(time.monotonic() - started, 2),
            prompt_tokens=self.usage.prompt_tokens if self.usage else None,
            reply_tokens=self.usage.completion_tokens if self.usage else None,
            **self.written_by(),
            **self.reach,
        )

    def written_by(self) -> dict[str, str]:
        """Whose words these are, where they are not only the assistant's."""
        if not self.reviewed:
            return {}
        whole = "\n\n".join(words.text.strip() for words in self.reviewed)
        writer = Message.Writer.LIBRARY if self.text.strip() == whole else Message.Writer.ASSISTANT
        return {
            "writer": writer,
            "reviewed_id": " + ".join(words.id for words in self.reviewed),
            "reviewed_version": " + ".join(str(words.version) for words in self.reviewed),
        }

    async def write(self) -> str:
        """Say the reply; where the prompt is too long, leave out one more turn."""
        decision = await asyncio.shield(self.deciding)
        writes = decision.writer == "assistant"
        plan = await in_thread(plan_of)(self.message_id, writes=writes)
        while True:
            self.reach = await in_thread(reach_keep)(self.message_id, plan.window)
            try:
                return await self.say(decision, plan)
            except EngineUnavailable:
                if self.text or not await self.engine_back():
                    raise
            except EngineError as error:
                if error.code != "context_length_exceeded" or not plan.window.can_narrow:
                    raise
                plan = plan.narrowed()

    async def engine_back(self) -> bool:
        """Wait for an engine that is being started again; False where it takes too long."""
        self.waits = RESTARTING
        self.notify()
        client = EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY)
        until = time.monotonic() + settings.ENGINE_WAIT_SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if (await client.health())["ready"]:
                    return True
            except EngineUnavailable:
                continue
        return False

    async def say(self, decision: Decision, plan: Plan) -> str:
        finish = "stop"
        steps = speak(
            decision,
            client=EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY),
            model=plan.engine_name,
            prompt=plan.window.prompt(),
            options={"max_tokens": settings.CHAT_MAX_TOKENS},
            language=decision.language,
            judge=judge_client(),
            continues=settings.ENGINE_IS_OURS,
            said=plan.said,
            languages=plan.languages,
        )
        async with aclosing(steps) as open_steps:  # type: ignore[type-var]
            async for step in open_steps:
                finish = step.finish_reason or finish
                self.usage = step.usage or self.usage
                # A template often begins a reply with a space or an empty line.
                self.text += step.text if self.text else step.text.lstrip()
                self.waits = step.waits
                self.begun = self.begun or step.ahead is None
                self.notify()
                if step.reviewed is not None:
                    self.reviewed.append(step.reviewed)
                if plan.listener.is_news(step, decision):
                    await in_thread(plan.listener.tell)(step)
        return finish

    async def beat(self) -> None:
        """Save the text at intervals as a sign of life; notice a stop from elsewhere."""
        saved, last = self.text, time.monotonic()
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            now = time.monotonic()
            if self.text == saved and now - last < BEAT_SECONDS:
                continue
            text = self.text
            try:
                still = await in_thread(services.reply_save)(
                    message_id=self.message_id, content=text
                )
            except DatabaseError as error:
                if fault_of(error) is None:
                    raise
                logger.warning("reply %s is not saved yet", self.message_id, exc_info=error)
                continue
            saved, last = text, now
            if not still and self.task is not None and not self.finishing:
                self.stopping = True
                self.task.cancel()
                return
            await ring(self.conversation_id)

    async def finish(self, **fields: Any) -> None:
        try:
            await self.close(fields, until=time.monotonic() + KEEP_SECONDS)
        finally:
            self.running.pop(self.message_id, None)
            self.notify()
        await ring(self.conversation_id)

    async def close(self, fields: dict[str, Any], until: float) -> None:
        """Close the row. A full disk or a locked database is waited for: the text is only here."""
        while True:
            try:
                await in_thread(services.reply_finish)(
                    message_id=self.message_id, content=self.text.rstrip(), **fields
                )
                return
            except DatabaseError as error:
                if fault_of(error) is None or time.monotonic() > until:
                    raise
                logger.warning("reply %s is not kept yet", self.message_id, exc_info=error)
            await asyncio.sleep(SAVE_SECONDS)

    def notify(self) -> None:
        for event in self.listeners:
            event.set()


async def decided(reply_ids: list[int]) -> Decision:
    """The policy's decision; whatever it was about is taken out of the conversation's title."""
    asked, decision = await replies_decide(reply_ids)
    if decision.level > Level.ORDINARY and not asked.history:
        await in_thread(services.title_soften)(conversation=asked.conversation)
    return decision


def look_at(deciding: asyncio.Task[Decision]) -> None:
    """A failure is told by the replies that waited; those that were stopped did not."""
    if not deciding.cancelled():
        deciding.exception()


async def replies_begin(messages: list[Message], *, wait: float = 0) -> None:
    """Start writing the replies to one message; optionally wait for them, so many seconds."""
    if not messages:
        return
    deciding = asyncio.create_task(
        decided([message.pk for message in messages]), context=contextvars.Context()
    )
    deciding.add_done_callback(look_at)
    made = [Generation.begin(message, deciding) for message in messages]
    await ring(messages[0].conversation_id)
    tasks = [generation.task for generation in made if generation.task]
    if tasks and wait:
        await asyncio.wait(tasks, timeout=wait)


async def replies_stop(messages: list[Message]) -> None:
    """Stop now. A reply that another process writes is closed in the record; its writer notices."""
    tasks = []
    for message in messages:
        mine = Generation.running.get(message.pk)
        if mine is not None and mine.task is not None:
            if not mine.finishing:
                mine.stopping = True
                mine.task.cancel()
            tasks.append(mine.task)
        else:
            await in_thread(services.reply_finish)(
                message_id=message.pk, state=Message.State.STOPPED
            )
    if tasks:
        await asyncio.wait(tasks, timeout=5)
    if messages:
        await ring(messages[0].conversation_id)
