"""`/v1/chat/completions`: the assistants of a team, in OpenAI's protocol.

Requests are checked and shaped by `chat.engine.protocol`, the engine's own module, so that both
sides say the same. This module adds whose assistant it is, the system prompt that it was trained
with, the policy's decision on who answers, and the gate that every reply passes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router

from chat.api.moderation import Moderation, Said
from chat.api.refusal import refusal
from chat.api.schema import ANSWER, REQUEST
from chat.conversations.prompts import system_prompt
from chat.engine.client import EngineClient
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
from chat.policy.decision import Decision, decide
from chat.policy.person import person_of_key
from chat.speech.speaking import speak
from chat.speech.spoken import Spoken
from chat.speech.telling import Listener, judge_client
from finetune.api.errors import ApiError
from finetune.api.files import key_of
from finetune.api.models import assistant_of
from finetune.bases.hosted import local_name
from finetune.runs.assistants import Assistant
from finetune.teams.models import ApiKey

router = Router(tags=["Chat"])

PASSED_ON = ("n", "temperature", "top_p", "top_k", "repetition_penalty", "seed")
LONGEST_USER = 200
WRITING = b": writing\n\n"  # a comment: keeps a connection open while a sentence is judged


@dataclass(frozen=True)
class Request:
    """One request, and what was decided about it."""

    chat: ChatRequest
    assistant: Assistant
    listener: Listener
    decision: Decision
    moderation: Moderation
    said: list[str]

    @property
    def gated(self) -> bool:
        return self.moderation.gated

    def steps(self) -> AsyncIterator[Spoken]:
        """All `n` replies as they leave; the first failure ends them all."""
        chat = self.chat
        options = {name: getattr(chat, name) for name in PASSED_ON}
        if chat.continue_final_message:
            options["continue_final_message"] = True
        return speak(
            self.decision,
            client=EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY),
            model=self.assistant.engine_name,
            prompt=with_system(self.assistant, chat),
            options={**options, "max_tokens": chat.reply_tokens, "stop": chat.stop or None},
            language=self.decision.language,
            gated=self.gated,
            judge=judge_client(),
            continues=settings.ENGINE_IS_OURS,
            said=self.said,
            languages=self.assistant.base.languages,
        )


@router.post(
    "",
    summary="Talk to an assistant",
    openapi_extra={"requestBody": REQUEST, "responses": {200: ANSWER}},
)
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    """One reply, or `n`, whole or as server-sent events.

    Without a system message the assistant gets the one that it was trained with; a persona keeps
    its own in front of the request's. Every sentence
    passes the gate before it is sent, and to a person in danger a reviewed reply is given;
    `moderation` says so.
    """
    try:
        body = parse_json(request.body)
        chat = parse_chat(body, protocol_options())
        user = user_of(body)
    except RequestError as error:
        raise ApiError(error.status, error.message, code=error.code, param=error.param) from error
    asked, first, steps = await begun(key_of(request), chat, user)
    if chat.stream:
        return answered(asked, events(asked, first, steps))
    return answered(asked, await whole(asked, first, steps))


async def begun(
    key: ApiKey, chat: ChatRequest, user: str
) -> tuple[Request, Spoken, AsyncIterator[Spoken]]:
    """Decide who answers, and wait for the first step of the reply.

    Raises:
        ApiError: there is no such assistant, or the engine refuses or does not answer.
    """
    assistant = await sync_to_async(assistant_of)(key, chat.model)
    if local_name(chat.model) == assistant.id:  # whoever named a hosted model is told who speaks
        chat = chat.model_copy(update={"model": assistant.id})
    asked = await request_decided(key, assistant, chat, user)
    steps = asked.steps()
    try:
        return asked, await anext(steps), steps
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error


def answered(asked: Request, content: dict[str, Any] | AsyncIterator[bytes]) -> HttpResponseBase:
    """An answer in one piece, or as server-sent events."""
    response: HttpResponseBase
    if isinstance(content, dict):
        response = JsonResponse(content)
    else:
        response = StreamingHttpResponse(content, content_type="text/event-stream; charset=utf-8")
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"
    if not asked.gated:
        response["X-Wukong-Gate"] = "off"
    return response


def protocol_options() -> Options:
    return Options(assistants=Path(settings.ASSISTANT_DIR), max_tokens=settings.CHAT_MAX_TOKENS)


def user_of(body: dict[str, Any]) -> str:
    """Which of a key's people asks: the newer name of the field, or the older one."""
    for name in ("safety_identifier", "user"):
        value = body.get(name)
        if value is not None and not (isinstance(value, str) and len(value) <= LONGEST_USER):
            raise RequestError(
                f"{name}: must be text of up to {LONGEST_USER} characters.",
                param=name,
                code="invalid_value",
            )
    return str(body.get("safety_identifier") or body.get("user") or "")


async def request_decided(
    key: ApiKey, assistant: Assistant, chat: ChatRequest, user: str
) -> Request:
    """Ask the policy who answers; a key without the gate is asked about and noted all the same."""
    messages = chat.conversation
    own = [index for index, item in enumerate(messages) if item["role"] == "user"]
    asked = messages[own[-1]]["content"] if own else ""
    before = [item for item in messages[: own[-1] if own else 0] if item["role"] != "system"]
    person = person_of_key(key, user)
    decision = await decide(
        person=person, assistant=assistant, text=asked, history=before, judge=judge_client()
    )
    gated = key.scope != ApiKey.Scope.UNGATED
    listener = Listener(person, assistant.id)
    if not gated:
        await sync_to_async(listener.ungated)()
    return Request(
        chat,
        assistant,
        listener,
        decision,
        Moderation(asked, before, decision, known=bool(user), gated=gated),
        await sync_to_async(listener.said)(),
    )


def with_system(assistant: Assistant, chat: ChatRequest) -> list[dict[str, str]]:
    """The messages with a system text: the request's own one, or the assistant's.

    A persona's always stands first, and what a client adds of its own comes behind it.
    """
    if assistant.manner is not None:
        own = [item["content"] for item in chat.conversation if item["role"] == "system"]
        rest = [item for item in chat.conversation if item["role"] != "system"]
        system = "\n\n".join([assistant.manner.instruction, *own])
        return [{"role": "system", "content": system}, *rest]
    if any(message["role"] == "system" for message in chat.conversation):
        return chat.conversation
    system = system_prompt(assistant)
    head = [{"role": "system", "content": system}] if system.strip() else []
    return head + chat.conversation


class Tally:
    """What has left of each reply so far."""

    def __init__(self, asked: Request) -> None:
        self.asked = asked
        self.replies = [Said() for _ in range(asked.chat.n)]
        self.open = asked.chat.n
        self.usage = usage(0, 0, 0)

    async def add(self, step: Spoken) -> None:
        reply = self.replies[step.index]
        reply.text += step.text
        if step.finish_reason:
            reply.end = step.finish_reason
            self.open -= 1
        if step.held:
            reply.held.append(step.held)
        if step.reviewed is not None:
            reply.reviewed.append(step.reviewed)
        if (used := step.usage) is not None:
            self.usage = usage(used.prompt_tokens, used.cached_tokens, used.completion_tokens)
        if self.asked.listener.is_news(step, self.asked.decision):
            await sync_to_async(self.asked.listener.tell)(step)

    @property
    def moderation(self) -> dict[str, Any]:
        return self.asked.moderation.of(self.replies)


async def gathered(asked: Request, first: Spoken, rest: AsyncIterator[Spoken]) -> Tally:
    """All that leaves, to its end.

    Raises:
        ApiError: the engine failed in the middle.
    """
    tally = Tally(asked)
    await tally.add(first)
    try:
        async with aclosing(rest) as steps:  # type: ignore[type-var]
            async for step in steps:
                await tally.add(step)
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error
    return tally


async def whole(asked: Request, first: Spoken, rest: AsyncIterator[Spoken]) -> dict[str, Any]:
    tally = await gathered(asked, first, rest)
    texts = [reply.text for reply in tally.replies]
    ends = [reply.end for reply in tally.replies]
    body = ChatResponse(asked.chat).whole(texts, ends, tally.usage)
    return body | {"moderation": tally.moderation}


async def events(
    asked: Request, first: Spoken, rest: AsyncIterator[Spoken]
) -> AsyncIterator[bytes]:
    """Server-sent events; the chunk that ends the last reply carries the moderation."""
    shape = ChatResponse(asked.chat)
    tally = Tally(asked)
    for index in range(asked.chat.n):
        yield event(shape.chunk(index, {"role": "assistant", "content": ""}))
    try:
        async with aclosing(rest) as steps:  # type: ignore[type-var]
            step: Spoken | None = first
            while step is not None:
                await tally.add(step)
                if step.text:
                    yield event(shape.chunk(step.index, {"content": step.text}))
                elif not (step.finish_reason or step.usage):
                    yield WRITING
                if step.finish_reason:
                    last = shape.chunk(step.index, {}, step.finish_reason)
                    if not tally.open:
                        last["moderation"] = tally.moderation
                    yield event(last)
                step = await anext(steps, None)
    except (EngineError, EngineUnavailable) as error:
        yield event(refusal(error).as_json())
        return
    if asked.chat.stream_options.include_usage:
        yield event(shape.usage_chunk(tally.usage))
    yield DONE
