"""`POST /v1/responses`: one reply, whole or as events. Nothing is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Router

from chat.api.completions import (
    WRITING,
    Request,
    Tally,
    answered,
    begun,
    gathered,
    protocol_options,
    user_of,
)
from chat.api.refusal import refusal
from chat.engine.exceptions import EngineError, EngineUnavailable, RequestError
from chat.engine.protocol import parse_json
from chat.speech.spoken import Spoken
from finetune.api.errors import ApiError
from finetune.api.files import key_of

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
    try:
        asked, first, steps = await begun(key_of(request), parsed.chat, user)
        shape = ResponseShape(replace(parsed, chat=asked.chat))
        if parsed.chat.stream:
            return answered(asked, events(shape, asked, first, steps))
        tally = await gathered(asked, first, steps)
    except ApiError as error:
        raise of_input(error) from error
    return answered(asked, ended(shape, tally))


def ended(shape: ResponseShape, tally: Tally) -> dict[str, Any]:
    (reply,) = tally.replies
    return shape.ended(reply.text, reply.end, tally.usage, tally.moderation)


async def events(
    shape: ResponseShape, asked: Request, first: Spoken, rest: AsyncIterator[Spoken]
) -> AsyncIterator[bytes]:
    tally = Tally(asked)
    for head in shape.begin():
        yield head
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
    for last in shape.end(ended(shape, tally)):
        yield last


def of_input(error: ApiError) -> ApiError:
    """What is said of the messages is said of `input` here."""
    if error.param == "messages":
        error.param = "input"
    return error
