"""The websocket of a run page: authorises, catches up, then forwards what the feed reads."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from finetune.feed import Queue, RunFeed, run_batch
from finetune.models import Run, User
from finetune.services.events import run_group
from finetune.services.queue import BROKER_AWAY
from finetune.text import whole_number

NOT_FOUND = 4404
TOO_SLOW = 4408


class RunConsumer(AsyncWebsocketConsumer):
    """Sends a run's events after the cursor that the browser names with `?after=`."""

    run: Run | None = None
    cursor: int = 0
    pump: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        public_id = self.scope["url_route"]["kwargs"]["public_id"]
        self.run = await database_sync_to_async(self.find)(public_id)
        if self.run is None:
            await self.close(code=NOT_FOUND)
            return
        self.cursor = self.asked_cursor()
        queue = await RunFeed.join(self.run.pk, self)
        try:
            await self.channel_layer.group_add(run_group(public_id), self.channel_name)
        except BROKER_AWAY:
            pass  # the broker is away: the feed's own clock still reads the rows
        self.pump = asyncio.create_task(self.forward(queue))

    def find(self, public_id: str) -> Run | None:
        user = self.scope["user"]
        if not isinstance(user, User):
            return None
        runs = Run.objects.for_user(user).select_related("base", "dataset", "team")
        return runs.filter(public_id=public_id).first()

    def asked_cursor(self) -> int:
        raw = parse_qs(self.scope["query_string"].decode(errors="replace")).get("after", ["0"])[0]
        return whole_number(raw) or 0

    async def forward(self, queue: Queue) -> None:
        """Catch up from the database, then pass on batches; what was sent is not sent again."""
        await self.catch_up()
        while True:
            batch = await queue.get()
            if batch is None:
                await self.close(code=TOO_SLOW)
                return
            if batch.first > self.cursor:
                self.cursor = batch.last
                await self.send(text_data=batch.text)
            elif batch.last > self.cursor:
                await self.catch_up()

    async def catch_up(self) -> None:
        assert self.run is not None
        while batch := await database_sync_to_async(run_batch)(self.run.pk, self.cursor):
            self.cursor = batch.last
            await self.send(text_data=batch.text)

    async def run_advanced(self, event: dict[str, Any]) -> None:
        """The bell."""
        if self.run is not None:
            RunFeed.ring(self.run.pk)

    async def disconnect(self, code: int) -> None:
        if self.pump is not None:
            self.pump.cancel()
        if self.run is not None:
            RunFeed.leave(self.run.pk, self)
            try:
                await self.channel_layer.group_discard(
                    run_group(self.run.public_id), self.channel_name
                )
            except BROKER_AWAY:
                pass
