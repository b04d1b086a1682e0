"""One reader per watched run and process; what it reads goes to every watcher in memory.

Work per event does not grow with the number of watchers: one subscription to the run's bell, rows
read once, one status fragment and one text per batch and language, one look at who may still watch.
A watcher that joins catches up from the database by itself and then waits at the feed's cursor.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import OperationalError
from django.template.loader import render_to_string
from django.utils import translation

from finetune.runs.events import run_group
from finetune.runs.models import Run, RunEvent
from finetune.runs.selectors import run_events_after
from finetune.teams.sockets import NOT_FOUND, TOO_SLOW, Visitor, refusals

from .bell import FALLBACK_SECONDS, bell_hear, bell_wait
from .records import run_outline

log = logging.getLogger(__name__)
BATCH = 500
GATHER_SECONDS = 0.05
QUEUED = 200  # batches that a slow browser may be behind
FAILED = 1011  # of the websocket protocol: an unexpected condition at the server
FEW = 100  # watchers whose rights are looked up before every batch
BEHIND = 5_000  # events; who is further behind gets the run's outline instead of all of them


@dataclass(frozen=True)
class Batch:
    """Events `first` to `last` of a run's log, as the text of one websocket message, in each
    language that somebody reads."""

    first: int
    last: int
    texts: Mapping[str, str]  # by language: the status fragment is in words

    @cached_property
    def messages(self) -> dict[str, dict[str, str]]:
        """As the server takes it: one object for all watchers who read one language."""
        return {
            language: {"type": "websocket.send", "text": text}
            for language, text in self.texts.items()
        }


Queue = asyncio.Queue[Batch | int]  # a number is the code with which to close


@dataclass(frozen=True)
class Place:
    """Where one watcher stands."""

    visitor: Visitor
    language: str
    queue: Queue = field(default_factory=lambda: asyncio.Queue(QUEUED))

    def dismiss(self, code: int) -> None:
        """Nothing that waits here is sent any more."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(code)


class RunFeed:
    """The watchers of one run in this process. It lives as long as somebody watches."""

    open: dict[int, RunFeed] = {}

    def __init__(self, run: Run) -> None:
        self.run_id = run.pk
        self.group = run_group(run.public_id)
        self.cursor: int | None = None
        self.watchers: dict[object, Place] = {}
        self.ready = asyncio.Event()
        self.bell = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def join(cls, run: Run, watcher: object, visitor: Visitor, language: str) -> Queue:
        """Add a watcher; the first one starts the reader.

        Returns once the reader has its cursor: every later event comes through the queue, every
        earlier one is in the database. A watcher that has to go finds a close code in its queue.
        """
        feed = cls.open.get(run.pk)
        if feed is None:
            feed = cls.open[run.pk] = cls(run)
            feed.tasks = [
                asyncio.create_task(feed.read()),
                asyncio.create_task(bell_hear(feed.group, feed.bell)),
            ]
        place = feed.watchers[watcher] = Place(visitor, language)
        await feed.ready.wait()
        return place.queue

    @classmethod
    async def leave(cls, run: Run, watcher: object) -> None:
        """Take a watcher off; the last one stops the reader."""
        feed = cls.open.get(run.pk)
        if feed is None:
            return
        feed.watchers.pop(watcher, None)
        if not feed.watchers:
            del cls.open[run.pk]
            for task in feed.tasks:
                task.cancel()
            await asyncio.gather(*feed.tasks, return_exceptions=True)

    async def read(self) -> None:
        try:
            await self.read_on()
        except Exception:
            log.exception("the reader of run %s ends", self.run_id)
            self.open.pop(self.run_id, None)  # who comes back gets a new one
            self.ready.set()
            self.dismiss({place.visitor: FAILED for place in self.watchers.values()})
            raise

    async def read_on(self) -> None:
        """Read at every bell, and every few seconds for a bell that was lost."""
        looked = 0.0
        while True:
            visitors = {place.visitor for place in self.watchers.values()}
            languages = {place.language for place in self.watchers.values()}
            try:
                batch, refused = await database_sync_to_async(self.look)(
                    visitors, languages, time.monotonic() - looked
                )
            except OperationalError as error:  # a locked or full database is no reason to stop
                log.warning("run %s is not read: %s", self.run_id, error)
                await asyncio.sleep(FALLBACK_SECONDS)
                continue
            if refused is not None:
                looked = time.monotonic()
                self.dismiss(refused)
            self.ready.set()
            if batch is not None:
                self.hand_out(batch)
                await asyncio.sleep(GATHER_SECONDS)
                continue
            await bell_wait(self.bell)

    def look(
        self, visitors: Collection[Visitor], languages: Collection[str], since: float
    ) -> tuple[Batch | None, dict[Visitor, int] | None]:
        """The next batch, and who may not have it.

        Rights are looked up before anything is sent, for a crowd at most once a second, and every
        few seconds while nothing happens.
        """
        run = Run.objects.filter(pk=self.run_id).only("team_id", "last_seq").first()
        if run is None:
            return None, dict.fromkeys(visitors, NOT_FOUND)
        batch = None
        if self.cursor is None:
            self.cursor = run.last_seq
        elif run.last_seq > self.cursor:
            batch = batch_of(run.pk, run_events_after(run, self.cursor, BATCH), languages)
            if batch is not None:
                self.cursor = batch.last
        pause = FALLBACK_SECONDS if batch is None else 1.0 if len(visitors) > FEW else 0.0
        return batch, refusals(visitors, run.team_id) if since >= pause else None

    def dismiss(self, refused: dict[Visitor, int]) -> None:
        for watcher, place in list(self.watchers.items()):
            if place.visitor in refused:
                del self.watchers[watcher]
                place.dismiss(refused[place.visitor])

    def hand_out(self, batch: Batch) -> None:
        for watcher, place in list(self.watchers.items()):
            if place.queue.full():  # a browser that does not read: it reconnects with its cursor
                del self.watchers[watcher]
                place.dismiss(TOO_SLOW)
            else:
                place.queue.put_nowait(batch)


@dataclass(frozen=True)
class CatchUp:
    """What one watcher has missed, read piece by piece.

    A browser that slept through a long run gets what a fresh page would show: the thinned curves,
    the newest lines and replies, each event once and in order.
    """

    run_id: int
    visitor: Visitor
    language: str

    def next(self, after: int) -> Batch | int | None:
        """The next batch, None at the end, or the code with which to close."""
        needed = ("team_id", "last_seq", "public_id", "state")
        run = Run.objects.filter(pk=self.run_id).only(*needed).first()
        if run is None:
            return NOT_FOUND
        if refused := refusals([self.visitor], run.team_id):
            return refused[self.visitor]
        if run.last_seq - after <= BEHIND:
            return batch_of(run.pk, run_events_after(run, after, BATCH), [self.language])
        events = list(RunEvent.objects.filter(run=run, seq__in=run_outline(run, after)))
        return batch_of(run.pk, sorted(events, key=lambda event: event.seq), [self.language])


def language_now() -> str:
    """The language of the page that opened the socket, whose task asks."""
    return translation.get_language() or settings.LANGUAGE_CODE


def batch_of(run_id: int, events: list[RunEvent], languages: Collection[str]) -> Batch | None:
    """Events with the status fragment as it is now, or None where there are no events.

    The run is read after its events. The other way round, the event that ends a run could go out
    with a status from before it, and no later event would ever put that right.
    """
    if not events:
        return None
    run = Run.objects.select_related("base", "dataset", "team").filter(pk=run_id).first()
    if run is None:
        return None
    message = {
        "type": "events",
        "events": [event.as_dict() for event in events],
        "last_seq": events[-1].seq,
    }
    texts = {}
    for language in languages:
        with translation.override(language):
            status = render_to_string("finetune/runs/_status.html", {"run": run})
        texts[language] = json.dumps(message | {"status": status})
    return Batch(events[0].seq, events[-1].seq, texts)
