"""The websocket of a conversation: authorises, then sends what changed and the text as it comes.

Turns travel as the same fragment that the page renders; text of a reply in progress as pieces with
the place where they begin, in the browser's units. The browser sends nothing; it names the revision
that it shows.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404
from django.template.loader import render_to_string

from chat.conversations.generation import Generation, group_of
from chat.conversations.models import Conversation, Message
from chat.conversations.selectors import (
    assistant_choices,
    conversation_get,
    country_of,
    turn_list_of,
)
from chat.conversations.services import replies_reap
from chat.safety.library import COUNTRY_CHOICES
from finetune.queue import BROKER_AWAY
from finetune.teams.models import User
from finetune.teams.sockets import NOT_FOUND, Visitor, number_asked, refusals, visitor_of

FALLBACK_SECONDS = 3.0
GATHER_SECONDS = 0.04


@dataclass(frozen=True)
class Look:
    """What one look at the record found."""

    messages: list[dict[str, Any]]
    revision: int
    texts: dict[str, tuple[int, str]]  # public id of a reply in progress: row id, text so far


def browser_length(text: str) -> int:
    """Its length as a script sees it: in units of UTF-16, of which most emojis have two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class ChatConsumer(AsyncWebsocketConsumer):
    """One open page of a conversation."""

    conversation_pk: int = 0
    team_pk: int | None = None
    visitor: Visitor | None = None
    revision: int = -1
    pump: asyncio.Task[None] | None = None
    followed: frozenset[int] = frozenset()

    async def connect(self) -> None:
        await self.accept()
        self.wake = asyncio.Event()
        self.rung = False
        self.sent: dict[str, int] = {}
        self.waits: dict[str, str] = {}  # what each page was told that its reply waits for
        self.texts: dict[str, tuple[int, str]] = {}
        self.begun: set[str] = set()
        self.visitor = visitor_of(self.scope)
        conversation = await database_sync_to_async(self.find)()
        if conversation is None:
            await self.close(code=NOT_FOUND)
            return
        self.conversation_pk = conversation.pk
        self.team_pk = None if conversation.anonymous else conversation.team_id
        self.revision = number_asked(self.scope, "revision", -1)
        try:
            await self.channel_layer.group_add(group_of(conversation.pk), self.channel_name)
        except BROKER_AWAY:
            pass  # the broker is away: the page looks every few seconds anyway
        self.pump = asyncio.create_task(self.forward())

    def find(self) -> Conversation | None:
        user = self.scope["user"]
        if not isinstance(user, User):
            return None
        try:
            return conversation_get(user, self.scope["url_route"]["kwargs"]["public_id"])
        except Http404:
            return None

    async def forward(self) -> None:
        """Look at the record at each bell and every few seconds; pass on text whenever it grows.

        Whether the person may still read it is asked each time before anything is sent.
        """
        look_due = True
        while True:
            code = await database_sync_to_async(self.refusal)()
            if code is None and look_due and not await self.look():
                code = NOT_FOUND
            if code is not None:
                await self.close(code=code)
                return
            await self.send_texts()
            try:
                await asyncio.wait_for(self.wake.wait(), FALLBACK_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
                look_due, self.rung = self.rung or self.any_ended(), False
            except TimeoutError:
                look_due = True
            self.wake.clear()

    def any_ended(self) -> bool:
        """Whether a reply that this process was writing is finished now."""
        return any(pk not in Generation.running for pk in self.followed)

    def refusal(self) -> int | None:
        """The code with which to close, where the person has lost the right to be here."""
        if self.visitor is None:
            return NOT_FOUND
        return refusals([self.visitor], self.team_pk).get(self.visitor)

    async def look(self) -> bool:
        """Send what changed since the revision that the page shows. False: it is gone."""
        look = await database_sync_to_async(self.read)()
        if look is None:
            return False
        for message in look.messages:
            await self.send(text_data=json.dumps(message))
        self.revision = look.revision
        self.texts = look.texts
        self.sent = {key: self.sent.get(key, 0) for key in look.texts}
        followed = set()
        for pk, _ in look.texts.values():
            generation = Generation.running.get(pk)
            if generation is not None:
                generation.listeners.add(self.wake)
                followed.add(pk)
        self.followed = frozenset(followed)
        return True

    def read(self) -> Look | None:
        conversation = self.find()
        if conversation is None:
            return None
        replies_reap(conversation=conversation, alive=Generation.running)
        conversation.refresh_from_db()
        changed = conversation.revision != self.revision
        turns = turn_list_of(conversation, after_revision=self.revision) if changed else []
        messages: list[dict[str, Any]] = []
        context = self.context(conversation) if changed else {}
        for turn in turns:
            html = render_to_string("chat/_turn.html", {**context, "turn": turn})
            messages.append({"type": "turn", "turn": turn.number, "html": html})
            for place in turn.places:
                self.sent.pop(place.reply.public_id, None)
                self.begun.discard(place.reply.public_id)
        rows = list(conversation.messages.filter(state=Message.State.STREAMING))
        if changed:
            messages.append(
                {
                    "type": "state",
                    "revision": conversation.revision,
                    "busy": bool(rows),
                    "title": conversation.title,
                    "head": render_to_string("chat/_head.html", context),
                }
            )
        texts = {row.public_id: (row.pk, row.content) for row in rows}
        return Look(messages, conversation.revision, texts)

    def context(self, conversation: Conversation) -> dict[str, Any]:
        return {
            "conversation": conversation,
            "assistants": assistant_choices(conversation.team, "", [conversation.assistant_a]),
            "countries": COUNTRY_CHOICES,
            "country": country_of(conversation.user, self.languages()),
        }

    def languages(self) -> str:
        """What the browser says it reads, as on the page that this socket belongs to."""
        headers = dict(self.scope.get("headers", ()))
        return str(headers.get(b"accept-language", b"").decode("latin-1"))

    async def send_texts(self) -> None:
        """Pass on what each reply in progress has gained.

        The first piece may be empty: the page says then that the reply is being written, which it
        is while its first sentence is judged.
        """
        for key, (pk, stored) in self.texts.items():
            generation = Generation.running.get(pk)
            waits = str(generation.waits) if generation is not None else ""
            if generation is not None and waits != self.waits.get(key, ""):
                self.waits[key] = waits
                await self.send(text_data=json.dumps({"type": "wait", "id": key, "words": waits}))
            text = generation.text if generation is not None else stored
            begun = generation is not None and generation.begun and key not in self.begun
            at = self.sent.get(key, 0)
            if len(text) > at or begun:
                self.begun.add(key)
                place = browser_length(text[:at])
                piece = {"type": "text", "id": key, "at": place, "text": text[at:]}
                await self.send(text_data=json.dumps(piece))
                self.sent[key] = len(text)

    async def chat_advanced(self, event: dict[str, Any]) -> None:
        """The bell."""
        self.rung = True
        self.wake.set()

    async def disconnect(self, code: int) -> None:
        if self.pump is not None:
            self.pump.cancel()
        for generation in Generation.running.values():
            generation.listeners.discard(self.wake)
        if self.conversation_pk:
            try:
                await self.channel_layer.group_discard(
                    group_of(self.conversation_pk), self.channel_name
                )
            except BROKER_AWAY:
                pass
