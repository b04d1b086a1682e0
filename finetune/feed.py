"""One reader per watched run and process; what it reads goes to every watcher in memory.

Work per event does not grow with the number of watchers: rows are read once and the status
fragment is rendered once per batch. A watcher that joins catches up from the database by itself
and then waits at the feed's cursor.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from finetune.models import Run
from finetune.selectors.runs import run_events_after

BATCH = 500
FALLBACK_SECONDS = 3.0
GATHER_SECONDS = 0.05


@dataclass(frozen=True)
class Batch:
    """Events `first` to `last` of a run's log, as the text of one websocket message."""

    first: int
    last: int
    text: str


Queue = asyncio.Queue[Batch | None]


class RunFeed:
    """The watchers of one run in this process. It lives as long as somebody watches."""

    open: dict[int, RunFeed] = {}

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.cursor: int | None = None
        self.watchers: dict[object, Queue] = {}
        self.ready = asyncio.Event()
        self.bell = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @classmethod
    async def join(cls, run_id: int, watcher: object) -> Queue:
        """Add a watcher; the first one starts the reader.

        Returns once the reader has its cursor: every later event comes through the queue, every
        earlier one is in the database. A watcher that is too slow finds None in its queue.
        """
        feed = cls.open.get(run_id)
        if feed is None:
            feed = cls.open[run_id] = cls(run_id)
            feed.task = asyncio.create_task(feed.read())
        queue: Queue = asyncio.Queue(maxsize=1000)
        feed.watchers[watcher] = queue
        await feed.ready.wait()
        return queue

    @classmethod
    def leave(cls, run_id: int, watcher: object) -> None:
        """Take a watcher off; the last one stops the reader."""
        feed = cls.open.get(run_id)
        if feed is None:
            return
        feed.watchers.pop(watcher, None)
        if not feed.watchers:
            del cls.open[run_id]
            if feed.task is not None:
                feed.task.cancel()

    @classmethod
    def ring(cls, run_id: int) -> None:
        feed = cls.open.get(run_id)
        if feed is not None:
            feed.bell.set()

    async def read(self) -> None:
        """Read at every bell, and every few seconds for a bell that was lost."""
        while True:
            batch = await database_sync_to_async(self.next_batch)()
            self.ready.set()
            if batch is None:
                try:
                    await asyncio.wait_for(self.bell.wait(), FALLBACK_SECONDS)
                except TimeoutError:
                    pass
                self.bell.clear()
                continue
            for watcher, queue in list(self.watchers.items()):
                if queue.full():  # a browser that does not read: it reconnects with its cursor
                    self.watchers.pop(watcher)
                    queue.get_nowait()
                    queue.put_nowait(None)
                else:
                    queue.put_nowait(batch)
            await asyncio.sleep(GATHER_SECONDS)

    def next_batch(self) -> Batch | None:
        if self.cursor is None:
            self.cursor = Run.objects.values_list("last_seq", flat=True).get(pk=self.run_id)
            return None
        batch = run_batch(self.run_id, self.cursor)
        if batch is not None:
            self.cursor = batch.last
        return batch


def run_batch(run_id: int, after: int) -> Batch | None:
    """The next events of a run with the status fragment as it is now, or None."""
    run = Run.objects.select_related("base", "dataset", "team").get(pk=run_id)
    events = run_events_after(run, after, BATCH)
    if not events:
        return None
    message = {
        "type": "events",
        "events": [event.as_dict() for event in events],
        "last_seq": events[-1].seq,
        "status": render_to_string("finetune/_run_status.html", {"run": run}),
    }
    return Batch(events[0].seq, events[-1].seq, json.dumps(message))
