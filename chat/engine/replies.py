"""From a request to the pieces of its reply: assistants found, jobs queued, events passed on.

Between the routes and the model thread; knows nothing of HTTP.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jinja2

from chat.engine.exceptions import RequestError
from chat.engine.inference.assistants import Assistant, AssistantStore, Card
from chat.engine.inference.sampling import Sampling
from chat.engine.inference.scheduler import Event, Job, Piece, Queued, Scheduler
from chat.engine.metrics import ReplyClock
from chat.engine.options import Options
from chat.engine.protocol import ChatRequest, parse_chat, usage

logger = logging.getLogger("engine")

HEARTBEAT = 10.0  # seconds of silence after which a waiting reader is told that nothing came


class Engine:
    """The parts behind the routes."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = AssistantStore(
            options.assistants,
            device=options.device,
            dtype=options.dtype,
            loaded=options.loaded,
            prefix_bytes=options.prefix_cache * 2**20,
        )
        self.scheduler = Scheduler(active=options.active, queue=options.queue)
        self.loader = ThreadPoolExecutor(1, thread_name_prefix="load")
        self.ready = False

    async def assistant(self, name: str) -> Assistant:
        card = self.store.card(name)
        known = self.store.find(card)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.loader, self.store.load, card)

    async def start(self, request: ChatRequest) -> "Reply":
        """Checks the prompt against the assistant and queues the job."""
        assistant = await self.assistant(request.model)
        try:
            prompt = await asyncio.to_thread(assistant.prompt_ids, *request.beginning)
        except jinja2.TemplateError as error:
            raise RequestError(
                f"The chat template refuses these messages: {error}", param="messages"
            ) from error
        context = min(self.options.context, assistant.base.context)
        if len(prompt) >= context:
            raise RequestError(
                f"The prompt has {len(prompt)} tokens; prompt and reply may have {context} in all.",
                param="messages",
                code="context_length_exceeded",
            )
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event] = asyncio.Queue()

        def emit(event: Event) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(events.put_nowait, event)

        job = Job(
            assistant=assistant,
            prompt=prompt,
            sampling=Sampling(
                temperature=request.temperature,
                top_p=request.top_p,
                top_k=request.top_k,
                repetition_penalty=request.repetition_penalty,
                seed=request.seed,
            ),
            stop=tuple(request.stop),
            max_tokens=min(request.reply_tokens, context - len(prompt)),
            choices=request.n,
            emit=emit,
        )
        self.scheduler.submit(job)
        return Reply(job, events)

    async def warm_up(self) -> None:
        """Loads one assistant per base, the plain base first, and generates a little with each.

        The very first forward pass costs seconds (memory is touched, kernels are chosen).
        """
        begin = time.monotonic()
        newest: dict[str, Card] = {}
        for card in sorted(self.store.cards(), key=lambda c: (c.adapter is not None, -c.created)):
            newest.setdefault(card.base, card)
        for card in list(newest.values())[: self.options.loaded]:
            body = {"model": card.name, "messages": [{"role": "user", "content": "Hello"}]}
            try:
                reply = await self.start(parse_chat(body | {"max_tokens": 4}, self.options))
                async for _ in reply.pieces():
                    pass
            except RequestError as error:
                logger.warning("warm-up of %s failed: %s", card.name, error)
        self.ready = True
        logger.info("ready after %.1f s", time.monotonic() - begin)

    def close(self) -> None:
        self.scheduler.stop()
        self.loader.shutdown(wait=False, cancel_futures=True)


class Reply:
    """The events of one job on the event loop's side."""

    def __init__(self, job: Job, events: asyncio.Queue[Event]) -> None:
        self.job = job
        self.events = events
        self.completion_tokens = 0
        self.clock = ReplyClock()

    async def pieces(self) -> AsyncIterator[Piece | Queued | None]:
        """Pieces until every choice has ended, its place in the queue before them if it waits.

        None when nothing came for a while.

        Leaving the iterator early stops the generation.
        """
        left = self.job.choices
        outcome = "left"
        try:
            while left:
                try:
                    event = await asyncio.wait_for(self.events.get(), HEARTBEAT)
                except TimeoutError:
                    yield None
                    continue
                if isinstance(event, RequestError):
                    outcome = "failed"
                    raise event
                if isinstance(event, Piece):
                    if event.finish_reason == "cancelled":
                        return
                    self.clock.piece(event.index, event.tokens)
                    if event.finish_reason:
                        left -= 1
                        self.completion_tokens += event.tokens
                yield event
            outcome = "whole"
        finally:
            self.job.cancel()
            self.clock.end(outcome, prompt=len(self.job.prompt), remembered=self.job.cached_tokens)

    def usage(self) -> dict[str, Any]:
        return usage(len(self.job.prompt), self.job.cached_tokens, self.completion_tokens)
