"""The websocket of a run page: authorises, catches up, then forwards what the feed reads."""

from __future__ import annotations

import asyncio

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from finetune.runs.models import Run
from finetune.teams.models import User
from finetune.teams.sockets import NOT_FOUND, number_asked, visitor_of

from .feed import Batch, CatchUp, Queue, RunFeed, language_now


class RunConsumer(AsyncWebsocketConsumer):
    """Sends a run's events after the cursor that the browser names with `?after=`."""

    channel_layer_alias = None  # the feed hears the bell for all watchers
    run: Run | None = None
    cursor: int = 0
    language: str = ""
    pump: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        visitor = visitor_of(self.scope)
        self.run = await database_sync_to_async(self.find)()
        if self.run is None or visitor is None:
            await self.close(code=NOT_FOUND)
            return
        self.language = language_now()
        self.cursor = number_asked(self.scope, "after", 0)
        queue = await RunFeed.join(self.run, self, visitor, self.language)
        self.pump = asyncio.create_task(
            self.forward(queue, CatchUp(self.run.pk, visitor, self.language))
        )

    def find(self) -> Run | None:
        user = self.scope["user"]
        if not isinstance(user, User):
            return None
        public_id = self.scope["url_route"]["kwargs"]["public_id"]
        return Run.objects.for_user(user).filter(public_id=public_id).first()

    async def forward(self, queue: Queue, missed: CatchUp) -> None:
        """Catch up from the database, then pass on batches; what was sent is not sent again."""
        code = await self.catch_up(missed)
        while code is None:
            batch = await queue.get()
            if isinstance(batch, int):
                code = batch
            elif batch.first > self.cursor and self.language in batch.texts:
                await self.pass_on(batch)
            elif batch.last > self.cursor:  # or it was made before a reader of this language came
                code = await self.catch_up(missed)
        await self.close(code=code)

    async def catch_up(self, missed: CatchUp) -> int | None:
        """Send what is in the database; returns a code where the socket has to be closed."""
        while batch := await database_sync_to_async(missed.next)(self.cursor):
            if isinstance(batch, int):
                return batch
            await self.pass_on(batch)
        return None

    async def pass_on(self, batch: Batch) -> None:
        self.cursor = batch.last
        await self.base_send(batch.messages[self.language])

    async def disconnect(self, code: int) -> None:
        if self.pump is not None:
            self.pump.cancel()
        if self.run is not None:
            await RunFeed.leave(self.run, self)
