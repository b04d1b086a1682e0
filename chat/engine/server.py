"""The HTTP side of the engine: routes, streams and errors in OpenAI's form."""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import jinja2
import psutil
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chat.engine.assistants import Assistant, AssistantStore, Card
from chat.engine.exceptions import BrokenAssistant, RequestError
from chat.engine.gate import Gate, read_body, read_keys
from chat.engine.generation import Event, Job, Piece, Scheduler
from chat.engine.options import Options
from chat.engine.protocol import ChatRequest, ChatResponse, parse_chat, parse_json, usage
from chat.engine.sampling import Sampling

logger = logging.getLogger("engine")

LISTED = 1_000  # models in one answer
WHOLE = re.compile(r"[1-9][0-9]{0,5}")
HEARTBEAT = 10.0  # seconds; an SSE comment while nothing else is sent


class Engine:
    """The parts behind the routes."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = AssistantStore(
            options.assistants,
            device=options.device,
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
            prompt = await asyncio.to_thread(assistant.prompt_ids, request.messages)
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
            stop=request.stop,
            max_tokens=min(request.max_tokens, context - len(prompt)),
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
        logger.info("ready after %.1f s on %s", time.monotonic() - begin, self.store.device)

    def close(self) -> None:
        self.scheduler.stop()
        self.loader.shutdown(wait=False, cancel_futures=True)


class Reply:
    """The events of one job on the event loop's side."""

    def __init__(self, job: Job, events: asyncio.Queue[Event]) -> None:
        self.job = job
        self.events = events
        self.completion_tokens = 0

    async def pieces(self) -> AsyncIterator[Piece | None]:
        """Pieces until every choice has ended; None when nothing came for a while.

        Leaving the iterator early stops the generation.
        """
        left = self.job.choices
        try:
            while left:
                try:
                    event = await asyncio.wait_for(self.events.get(), HEARTBEAT)
                except TimeoutError:
                    yield None
                    continue
                if isinstance(event, RequestError):
                    raise event
                if event.finish_reason == "cancelled":
                    return
                if event.finish_reason:
                    left -= 1
                    self.completion_tokens += event.tokens
                yield event
        finally:
            self.job.cancel()

    def usage(self) -> dict[str, Any]:
        return usage(len(self.job.prompt), self.job.cached_tokens, self.completion_tokens)


async def health(request: Request) -> Response:
    engine: Engine = request.app.state.engine
    return JSONResponse(
        {
            "ready": engine.ready,
            "loaded": engine.store.loaded_names(),
            "memory_bytes": psutil.Process().memory_info().rss,
            "device": str(engine.store.device),
            **engine.scheduler.counts(),
        }
    )


async def models(request: Request) -> Response:
    """By name; `limit` and `after` (a name) take a page of it."""
    engine: Engine = request.app.state.engine
    query = request.query_params
    limit = query.get("limit", "")
    most = min(int(limit), LISTED) if WHOLE.fullmatch(limit) else LISTED
    cards = engine.store.cards(after=query.get("after", ""), limit=most + 1)
    data = [card.as_json() for card in cards[:most]]
    return JSONResponse({"object": "list", "data": data, "has_more": len(cards) > most})


async def model(request: Request) -> Response:
    engine: Engine = request.app.state.engine
    return JSONResponse(engine.store.card(request.path_params["name"]).as_json())


async def chat_completions(request: Request) -> Response:
    engine: Engine = request.app.state.engine
    body = parse_json(await read_body(request, engine.options.max_body))
    chat = parse_chat(body, engine.options)
    reply = await engine.start(chat)
    response = ChatResponse(chat)
    if chat.stream:
        return ReplyStream(reply, response)
    watcher = asyncio.create_task(_cancel_when_gone(request, reply.job))
    try:
        texts, ends = [""] * chat.n, ["stop"] * chat.n
        async for piece in reply.pieces():
            if piece is not None:
                texts[piece.index] += piece.text
                ends[piece.index] = piece.finish_reason or ends[piece.index]
        return JSONResponse(response.whole(texts, ends, reply.usage()))
    finally:
        watcher.cancel()


async def _cancel_when_gone(request: Request, job: Job) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    job.cancel()


class ReplyStream(StreamingResponse):
    """A reply as server-sent events; whatever ends the response ends the generation."""

    def __init__(self, reply: Reply, response: ChatResponse) -> None:
        self.reply = reply
        self.response = response
        super().__init__(
            self._events(),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # a client that left early may have kept the events from ever starting
            self.reply.job.cancel()

    async def _events(self) -> AsyncIterator[str]:
        reply, response = self.reply, self.response
        try:
            for index in range(reply.job.choices):
                yield _event(response.chunk(index, {"role": "assistant", "content": ""}))
            async for piece in reply.pieces():
                if piece is None:
                    yield ": waiting\n\n"
                    continue
                if piece.text:
                    yield _event(response.chunk(piece.index, {"content": piece.text}))
                if piece.finish_reason:
                    yield _event(response.chunk(piece.index, {}, piece.finish_reason))
            if response.request.include_usage:
                yield _event(response.usage_chunk(reply.usage()))
            yield "data: [DONE]\n\n"
        except RequestError as error:
            yield _event(error.as_json())


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def on_request_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    if isinstance(error, BrokenAssistant):
        logger.warning("%s", error)
    return JSONResponse(error.as_json(), error.status, error.headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"{request.method} {request.url.path}: {error.detail}."
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    known = RequestError(message, status=error.status_code, code=code)
    return JSONResponse(known.as_json(), error.status_code, dict(error.headers or {}))


async def on_bug(request: Request, error: Exception) -> Response:
    message = f"Internal error; see the engine's log for {request.state.request_id}."
    return JSONResponse(RequestError(message, status=500, code="internal_error").as_json(), 500)


def engine_app(options: Options) -> Gate:
    """The ASGI application; reads the keys at once, so that a bad file fails at start."""
    keys = read_keys(options.key_file)
    engine = Engine(options)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        engine.scheduler.start()
        warm_up = asyncio.create_task(engine.warm_up())
        yield
        warm_up.cancel()
        engine.close()

    app = Starlette(
        routes=[
            Route("/health", health),
            Route("/v1/models", models),
            Route("/v1/models/{name}", model),
            Route("/v1/chat/completions", chat_completions, methods=["POST"]),
        ],
        exception_handlers={
            RequestError: on_request_error,
            HTTPException: on_http_error,
            Exception: on_bug,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.engine = engine
    return Gate(app, keys)
