"""The HTTP side of the engine: routes, streams and errors in OpenAI's form."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import psutil
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chat.engine.access import Gate, read_body, read_keys
from chat.engine.embedding.embedder import Embedder
from chat.engine.embedding.route import embeddings
from chat.engine.exceptions import BrokenAssistant, RequestError
from chat.engine.inference.scheduler import Job, Piece
from chat.engine.judging.judge import Judge
from chat.engine.judging.route import judgements
from chat.engine.metrics import metrics
from chat.engine.options import Options
from chat.engine.protocol import DONE, ChatResponse, event, parse_chat, parse_json
from chat.engine.replies import Engine, Reply

logger = logging.getLogger("engine")

LISTED = 1_000  # models in one answer
WHOLE = re.compile(r"[1-9][0-9]{0,5}")


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
            if isinstance(piece, Piece):
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

    async def _events(self) -> AsyncIterator[bytes]:
        reply, response = self.reply, self.response
        try:
            for index in range(reply.job.choices):
                yield event(response.chunk(index, {"role": "assistant", "content": ""}))
            async for piece in reply.pieces():
                if not isinstance(piece, Piece):  # comments, which other clients pass over
                    yield b": waiting\n\n" if piece is None else b": queued %d\n\n" % piece.ahead
                    continue
                if piece.text:
                    yield event(response.chunk(piece.index, {"content": piece.text}))
                if piece.finish_reason:
                    yield event(response.chunk(piece.index, {}, piece.finish_reason))
            if response.request.stream_options.include_usage:
                yield event(response.usage_chunk(reply.usage()))
            yield DONE
        except RequestError as error:
            yield event(error.as_json())


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
    judge = Judge(options.encoders)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        engine.scheduler.start()
        warm_up = asyncio.create_task(engine.warm_up())
        loading = asyncio.create_task(judge.start())
        yield
        warm_up.cancel()
        loading.cancel()
        engine.close()
        judge.close()

    app = Starlette(
        routes=[
            Route("/health", health),
            Route("/metrics", metrics),
            Route("/v1/models", models),
            Route("/v1/models/{name}", model),
            Route("/v1/chat/completions", chat_completions, methods=["POST"]),
            Route("/v1/judgements", judgements, methods=["POST"]),
            Route("/v1/embeddings", embeddings, methods=["POST"]),
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
    app.state.judge = judge
    app.state.embedder = Embedder(judge)
    return Gate(app, keys)
