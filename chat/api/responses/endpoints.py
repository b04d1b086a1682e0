"""`POST /v1/responses`: one reply, whole or as events. Nothing is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router

from chat.api.completions import (
    WRITING,
    Request,
    Tally,
    protocol_options,
    refusal,
    request_decided,
    user_of,
)
from chat.engine.exceptions import EngineError, EngineUnavailable, RequestError
from chat.engine.protocol import parse_json
from chat.speech.spoken import Spoken
from finetune.api.errors import ApiError
from finetune.api.files import key_of
from finetune.api.models import assistant_of

from .asking import parse_response
from .schema import ANSWER, REQUEST
from .shape import ResponseShape

router = Router(tags=["Chat"])


@router.post(
    "",
    summary="Talk to an assistant, in the form of responses",
    openapi_extra={"requestBody": REQUEST, "responses": {200: ANSWER}},
)
async def responses(request: HttpRequest) -> HttpResponseBase:
    """One reply to `input`, text in and out, with the policy and the gate of chat.

    `store` is false and may not be true; `previous_response_id`, tools and other formats than text
    are refused.
    """
    try:
        body = parse_json(request.body)
        parsed = parse_response(body, protocol_options())
        user = user_of(body)
    except RequestError as error:
        raise ApiError(error.status, error.message, code=error.code, param=error.param) from error
    key = key_of(request)
    assistant = await sync_to_async(assistant_of)(key, parsed.chat.model)
    asked = await request_decided(key, assistant, parsed.chat, user)
    steps = asked.steps()
    try:
        first = await anext(steps)
    except (EngineError, EngineUnavailable) as error:
        raise of_input(refusal(error)) from error
    shape = ResponseShape(parsed)
    response: HttpResponseBase
    if parsed.chat.stream:
        response = StreamingHttpResponse(
            events(shape, asked, first, steps), content_type="text/event-stream; charset=utf-8"
        )
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"
    else:
        response = await whole(shape, asked, first, steps)
    if not asked.gated:
        response["X-Wukong-Gate"] = "off"
    return response


async def whole(
    shape: ResponseShape, asked: Request, first: Spoken, rest: AsyncIterator[Spoken]
) -> JsonResponse:
    tally = Tally(asked)
    await tally.add(first)
    try:
        async with aclosing(rest) as steps:  # type: ignore[type-var]
            async for step in steps:
                await tally.add(step)
    except (EngineError, EngineUnavailable) as error:
        raise of_input(refusal(error)) from error
    (reply,) = tally.replies
    return JsonResponse(shape.ended(reply.text, reply.end, tally.usage, tally.moderation))


async def events(
    shape: ResponseShape, asked: Request, first: Spoken, rest: AsyncIterator[Spoken]
) -> AsyncIterator[bytes]:
    tally = Tally(asked)
    for begun in shape.begin():
        yield begun
    try:
        async with aclosing(rest) as steps:  # type: ignore[type-var]
            step: Spoken | None = first
            while step is not None:
                await tally.add(step)
                if step.text:
                    yield shape.delta(step.text)
                elif not (step.finish_reason or step.usage):
                    yield WRITING
                step = await anext(steps, None)
    except (EngineError, EngineUnavailable) as error:
        yield shape.event("response.failed", response=shape.failed(refusal(error).message))
        return
    (reply,) = tally.replies
    for ended in shape.end(shape.ended(reply.text, reply.end, tally.usage, tally.moderation)):
        yield ended


def of_input(error: ApiError) -> ApiError:
    """What is said of the messages is said of `input` here."""
    if error.param == "messages":
        error.param = "input"
    return error
