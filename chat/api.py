"""`/v1/chat/completions`: the assistants of a team, in OpenAI's protocol.

Requests are checked and shaped by `chat.engine.protocol`, the engine's own module, so that both
sides say the same. This module adds whose assistant it is, the system prompt that it was trained
with, and the safety seam's view of what was said.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router

from chat.api_schema import ANSWER, REQUEST
from chat.engine.client import Delta, EngineClient
from chat.engine.exceptions import EngineError, EngineUnavailable, RequestError
from chat.engine.options import Options
from chat.engine.protocol import ChatRequest, ChatResponse, parse_chat, parse_json, seed_of
from chat.prompts import system_prompt
from chat.safety import assess
from chat.safety.rules import CATEGORIES
from finetune.api.errors import ApiError
from finetune.api.files import key_of
from finetune.api.models import assistant_of
from finetune.runs.assistants import Assistant

router = Router(tags=["Chat"])

RULES = "wukong-rules"
PASSED_ON = ("max_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "seed")
RETRY_SECONDS = "5"
Piece = tuple[int, Delta]


@router.post(
    "",
    summary="Talk to an assistant",
    openapi_extra={"requestBody": REQUEST, "responses": {200: ANSWER}},
)
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    """One reply, or `n`, whole or as server-sent events.

    Without a system message the assistant gets the one that it was trained with. `moderation`
    says what the safety rules found in the last message and in the reply.
    """
    try:
        chat = parse_chat(parse_json(request.body), protocol_options())
    except RequestError as error:
        raise ApiError(error.status, error.message, code=error.code, param=error.param) from error
    assistant = await sync_to_async(assistant_of)(key_of(request), chat.model)
    pieces = replies(assistant, chat)
    try:
        first = await anext(pieces)
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error
    if not chat.stream:
        return JsonResponse(await whole(chat, first, pieces))
    response = StreamingHttpResponse(
        events(chat, first, pieces), content_type="text/event-stream; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


def protocol_options() -> Options:
    return Options(assistants=Path(settings.ASSISTANT_DIR), max_tokens=settings.CHAT_MAX_TOKENS)


async def replies(assistant: Assistant, chat: ChatRequest) -> AsyncIterator[Piece]:
    """All `n` replies at once, as they grow; the first failure ends them all."""
    client = EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY)
    messages = with_system(assistant, chat)
    queue: asyncio.Queue[Piece | Exception | None] = asyncio.Queue(maxsize=64)

    async def read(index: int) -> None:
        options = {name: getattr(chat, name) for name in PASSED_ON}
        options["seed"] = seed_of(chat.seed, index)
        try:
            stream = client.stream_chat(
                assistant.engine_name, messages, stop=list(chat.stop) or None, **options
            )
            async with aclosing(stream) as deltas:  # type: ignore[type-var]
                async for delta in deltas:
                    await queue.put((index, delta))
            await queue.put(None)
        except Exception as error:
            await queue.put(error)

    readers = [asyncio.create_task(read(index)) for index in range(chat.n)]
    try:
        left = chat.n
        while left:
            item = await queue.get()
            if isinstance(item, Exception):
                raise item
            if item is None:
                left -= 1
            else:
                yield item
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


def with_system(assistant: Assistant, chat: ChatRequest) -> list[dict[str, str]]:
    if any(message["role"] == "system" for message in chat.messages):
        return chat.messages
    system = system_prompt(assistant)
    head = [{"role": "system", "content": system}] if system.strip() else []
    return head + chat.messages


def refusal(error: Exception) -> ApiError:
    """What the engine says, in the words of this API."""
    if isinstance(error, EngineError) and error.status in (400, 413):
        param = "messages" if error.code == "context_length_exceeded" else None
        return ApiError(error.status, error.message, code=error.code, param=param)
    if isinstance(error, EngineError) and error.status == 429:
        return ApiError(429, error.message, code=error.code, headers={"Retry-After": "2"})
    if isinstance(error, EngineError) and error.code == "assistant_broken":
        text = "This assistant cannot be loaded. The administrator finds the reason in the log."
        return ApiError(503, text, code=error.code, headers={"x-should-retry": "false"})
    text = "The assistants are not available right now. Try again in a few seconds."
    return ApiError(503, text, code="engine_unavailable", headers={"Retry-After": RETRY_SECONDS})


class Tally:
    """What has come in of each reply so far."""

    def __init__(self, count: int) -> None:
        self.texts = [""] * count
        self.ends = ["stop"] * count
        self.prompt = self.completion = self.cached = 0

    def add(self, piece: Piece) -> None:
        index, delta = piece
        self.texts[index] += delta.text
        if delta.finish_reason:
            self.ends[index] = delta.finish_reason
        if delta.usage:
            self.prompt = delta.usage.prompt_tokens
            self.cached = delta.usage.cached_tokens
            self.completion += delta.usage.completion_tokens

    @property
    def usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }


async def whole(chat: ChatRequest, first: Piece, pieces: AsyncIterator[Piece]) -> dict[str, Any]:
    tally = Tally(chat.n)
    tally.add(first)
    try:
        async for piece in pieces:
            tally.add(piece)
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error
    body = ChatResponse(chat).whole(tally.texts, tally.ends, tally.usage)
    return body | {"moderation": moderation(chat, tally.texts)}


async def events(
    chat: ChatRequest, first: Piece, pieces: AsyncIterator[Piece]
) -> AsyncIterator[bytes]:
    """Server-sent events; the chunk that ends the last reply carries the moderation."""
    shape = ChatResponse(chat)
    tally = Tally(chat.n)
    open_replies = chat.n
    for index in range(chat.n):
        yield event(shape.chunk(index, {"role": "assistant", "content": ""}))
    try:
        async with aclosing(pieces) as rest:  # type: ignore[type-var]
            piece: Piece | None = first
            while piece is not None:
                tally.add(piece)
                index, delta = piece
                if delta.text:
                    yield event(shape.chunk(index, {"content": delta.text}))
                if delta.finish_reason:
                    open_replies -= 1
                    last = shape.chunk(index, {}, delta.finish_reason)
                    if not open_replies:
                        last["moderation"] = moderation(chat, tally.texts)
                    yield event(last)
                piece = await anext(rest, None)
    except (EngineError, EngineUnavailable) as error:
        yield event(refusal(error).as_json())
        return
    if chat.include_usage:
        yield event(shape.usage_chunk(tally.usage))
    yield b"data: [DONE]\n\n"


def event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def moderation(chat: ChatRequest, texts: list[str]) -> dict[str, Any]:
    """OpenAI's moderation object: the rules' view of the newest message and of each reply."""
    own = [index for index, item in enumerate(chat.messages) if item["role"] == "user"]
    asked = chat.messages[own[-1]]["content"] if own else ""
    before = chat.messages[: own[-1]] if own else []
    return {
        "input": moderated([assess(asked, before)]),
        "output": moderated([assess(text, role="assistant") for text in texts]),
    }


def moderated(found: list[Any]) -> dict[str, Any]:
    return {
        "type": "moderation_results",
        "model": RULES,
        "results": [moderation_result(assessment) for assessment in found],
    }


def moderation_result(assessment: Any) -> dict[str, Any]:
    """Rules are sure or silent, so a score is 1 or 0; the care card's words come along."""
    flags = {name: name == assessment.category for name in CATEGORIES}
    card = assessment.card
    return {
        "type": "moderation_result",
        "model": RULES,
        "flagged": bool(assessment),
        "categories": flags,
        "category_scores": {name: float(flag) for name, flag in flags.items()},
        "category_applied_input_types": {name: ["text"] if flags[name] else [] for name in flags},
        "card": card
        and {
            "heading": card.heading,
            "text": card.text,
            "urge": card.urge,
            "danger": card.danger,
        },
    }
