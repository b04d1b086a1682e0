"""Writing replies: one asyncio task per reply in the web process, independent of any socket.

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
from dataclasses import dataclass
from typing import Any, TypeVar

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError

from chat.conversations import services
from chat.conversations.models import Message
from chat.conversations.prompts import prompt_of, system_prompt, trimmed, turns_for
from chat.engine.client import EngineClient, EngineError, EngineUnavailable, Usage
from finetune.faults import fault_of
from finetune.queue import BROKER_AWAY
from finetune.runs.assistants import assistant_get

logger = logging.getLogger("chat.generation")
R = TypeVar("R")

SAVE_SECONDS = 0.5
BEAT_SECONDS = 2.0
KEEP_SECONDS = 120.0  # for how long a finished reply waits for a database that takes no writes

UNAVAILABLE = (
    "The engine that writes replies does not answer. It may still be starting; "
    "try again in a few seconds."
)
WORDS = {
    "engine_busy": "The engine is busy with other replies. Try again in a moment.",
    "model_not_found": (
        "This assistant is not loaded in the engine yet, or was taken back. Try again in a few "
        "seconds, or choose another one."
    ),
    "context_length_exceeded": (
        "The message alone is longer than this model can read. Send a shorter one."
    ),
    "assistant_broken": "The files of this assistant cannot be loaded. Choose another one.",
    "generation_failed": "The model failed in the middle of the reply. Try again.",
    "empty_reply": "The assistant had nothing to say to this. Try again, or say it differently.",
    "assistant_gone": "This assistant is not there any more. Choose another one above.",
}


@dataclass(frozen=True)
class Plan:
    """What one reply needs, read in one go."""

    conversation_id: int
    engine_name: str
    system: str
    turns: list[list[dict[str, str]]]


class Gone(Exception):
    """The assistant was deleted or unpublished."""


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


def plan_of(message_id: int) -> Plan:
    message = Message.objects.select_related("conversation__team").get(pk=message_id)
    conversation = message.conversation
    assistant = assistant_get(conversation.team, message.assistant)
    if assistant is None:
        raise Gone
    system = system_prompt(assistant)
    turns = turns_for(conversation, message.side, message.turn)
    return Plan(
        conversation.pk,
        assistant.engine_name,
        system,
        trimmed(turns, system, assistant.base.max_positions),
    )


class Generation:
    """One reply while it is being written."""

    running: dict[int, Generation] = {}

    def __init__(self, message_id: int, conversation_id: int) -> None:
        self.message_id = message_id
        self.conversation_id = conversation_id
        self.text = ""
        self.usage: Usage | None = None
        self.stopping = False
        self.finishing = False
        self.listeners: set[asyncio.Event] = set()
        self.task: asyncio.Task[None] | None = None

    @classmethod
    def begin(cls, message: Message) -> Generation:
        """Start writing. The task must not inherit the context of the request that asked for it."""
        made = cls(message.pk, message.conversation_id)
        cls.running[message.pk] = made
        made.task = asyncio.create_task(made.run(), context=contextvars.Context())
        return made

    async def run(self) -> None:
        started = time.monotonic()
        beats = asyncio.create_task(self.beat())
        state, code, words = Message.State.DONE, "", ""
        try:
            finish = await self.write()
            if not self.text.strip():
                state, code = Message.State.FAILED, "empty_reply"
            elif finish == "length":
                code = "length"
        except asyncio.CancelledError:
            state = Message.State.STOPPED if self.stopping else Message.State.INTERRUPTED
            if not self.stopping:
                code, words = "process_ended", "The reply was cut off. What was written is kept."
        except EngineUnavailable as error:
            logger.warning("reply %s: %s", self.message_id, error)
            state, code, words = Message.State.FAILED, "engine_unavailable", UNAVAILABLE
            if self.text:
                state = Message.State.INTERRUPTED
                words = "The engine went away in the middle of the reply. What was written is kept."
        except EngineError as error:
            logger.warning("reply %s: %s %s", self.message_id, error.status, error.message)
            state, code = Message.State.FAILED, error.code or "engine_error"
            words = f"The engine refused this: {error.message}"
        except Gone:
            state, code = Message.State.FAILED, "assistant_gone"
        except Exception:
            logger.exception("reply %s failed", self.message_id)
            state, code = Message.State.FAILED, "internal_error"
            words = "Something went wrong on our side while the reply was written. Try again."
        beats.cancel()
        self.finishing = True
        await self.finish(
            state=state,
            error_code=code[:40],
            error=WORDS.get(code, words)[:400],
            seconds=round(time.monotonic() - started, 2),
            prompt_tokens=self.usage.prompt_tokens if self.usage else None,
            reply_tokens=self.usage.completion_tokens if self.usage else None,
        )

    async def write(self) -> str:
        """Stream from the engine; where the prompt is too long, leave out the oldest turn."""
        plan = await in_thread(plan_of)(self.message_id)
        turns = plan.turns
        client = EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY)
        while True:
            try:
                return await self.stream(client, plan.engine_name, prompt_of(turns, plan.system))
            except EngineError as error:
                if error.code != "context_length_exceeded" or len(turns) < 2:
                    raise
                turns = turns[1:]

    async def stream(self, client: EngineClient, name: str, prompt: list[dict[str, str]]) -> str:
        finish = "stop"
        deltas = client.stream_chat(name, prompt, max_tokens=settings.CHAT_MAX_TOKENS)
        async with aclosing(deltas) as open_deltas:  # type: ignore[type-var]
            async for delta in open_deltas:
                finish = delta.finish_reason or finish
                self.usage = delta.usage or self.usage
                if delta.text:
                    # A template often begins a reply with a space or an empty line.
                    self.text += delta.text if self.text else delta.text.lstrip()
                    self.notify()
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


async def replies_begin(messages: list[Message], *, wait: float = 0) -> None:
    """Start writing replies; optionally wait for them, at most so many seconds."""
    made = [Generation.begin(message) for message in messages]
    if messages:
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
