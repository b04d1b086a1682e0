"""`/v1/chat/completions`: the assistants of a team, in OpenAI's protocol.

Requests are checked and shaped by `chat.engine.protocol`, the engine's own module, so that both
sides say the same. This module adds whose assistant it is, the system prompt that it was trained
with, and the safety seam's view of what was said.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router

from chat.api.moderation import moderation
from chat.api.schema import ANSWER, REQUEST
from chat.conversations.prompts import system_prompt
from chat.engine.client import Delta, EngineClient
from chat.engine.exceptions import EngineError, EngineUnavailable, RequestError
from chat.engine.options import Options
from chat.engine.protocol import (
    DONE,
    ChatRequest,
    ChatResponse,
    event,
    parse_chat,
    parse_json,
    usage,
)
from finetune.api.errors import ApiError
from finetune.api.files import key_of
from finetune.api.models import assistant_of
from finetune.runs.assistants import Assistant

router = Router(tags=["Chat"])

PASSED_ON = ("n", "temperature", "top_p", "top_k", "repetition_penalty", "seed")
RETRY_SECONDS = "5"


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
    deltas = replies(assistant, chat)
    try:
        first = await anext(deltas)
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error
    if not chat.stream:
        return JsonResponse(await whole(chat, first, deltas))
    response = StreamingHttpResponse(
        events(chat, first, deltas), content_type="text/event-stream; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


def protocol_options() -> Options:
    return Options(assistants=Path(settings.ASSISTANT_DIR), max_tokens=settings.CHAT_MAX_TOKENS)


def replies(assistant: Assistant, chat: ChatRequest) -> AsyncIterator[Delta]:
    """All `n` replies as they grow; the first failure ends them all."""
    client = EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY)
    options = {name: getattr(chat, name) for name in PASSED_ON}
    return client.stream_chat(
        assistant.engine_name,
        with_system(assistant, chat),
        max_tokens=chat.reply_tokens,
        stop=chat.stop or None,
        **options,
    )


def with_system(assistant: Assistant, chat: ChatRequest) -> list[dict[str, str]]:
    if any(message["role"] == "system" for message in chat.conversation):
        return chat.conversation
    system = system_prompt(assistant)
    head = [{"role": "system", "content": system}] if system.strip() else []
    return head + chat.conversation


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
        self.usage = usage(0, 0, 0)

    def add(self, delta: Delta) -> None:
        self.texts[delta.index] += delta.text
        self.ends[delta.index] = delta.finish_reason or self.ends[delta.index]
        if (used := delta.usage) is not None:
            self.usage = usage(used.prompt_tokens, used.cached_tokens, used.completion_tokens)


async def whole(chat: ChatRequest, first: Delta, rest: AsyncIterator[Delta]) -> dict[str, Any]:
    tally = Tally(chat.n)
    tally.add(first)
    try:
        async with aclosing(rest) as deltas:  # type: ignore[type-var]
            async for delta in deltas:
                tally.add(delta)
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error
    body = ChatResponse(chat).whole(tally.texts, tally.ends, tally.usage)
    return body | {"moderation": moderation(chat.conversation, tally.texts)}


async def events(
    chat: ChatRequest, first: Delta, rest: AsyncIterator[Delta]
) -> AsyncIterator[bytes]:
    """Server-sent events; the chunk that ends the last reply carries the moderation."""
    shape = ChatResponse(chat)
    tally = Tally(chat.n)
    open_replies = chat.n
    for index in range(chat.n):
        yield event(shape.chunk(index, {"role": "assistant", "content": ""}))
    try:
        async with aclosing(rest) as deltas:  # type: ignore[type-var]
            delta: Delta | None = first
            while delta is not None:
                tally.add(delta)
                if delta.text:
                    yield event(shape.chunk(delta.index, {"content": delta.text}))
                if delta.finish_reason:
                    open_replies -= 1
                    last = shape.chunk(delta.index, {}, delta.finish_reason)
                    if not open_replies:
                        last["moderation"] = moderation(chat.conversation, tally.texts)
                    yield event(last)
                delta = await anext(deltas, None)
    except (EngineError, EngineUnavailable) as error:
        yield event(refusal(error).as_json())
        return
    if chat.stream_options.include_usage:
        yield event(shape.usage_chunk(tally.usage))
    yield DONE
