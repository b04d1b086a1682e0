"""`speak`: the one way from the engine, or from the library, to whoever asked.

Knows nothing of rows, sockets or requests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from chat.engine.client import Message, Usage
from chat.policy.decision import Decision

from .drafts import Drafts
from .firmness import instructed
from .spoken import Spoken, as_paragraph
from .talk import Engine, Judge, Talk


async def speak(
    decision: Decision,
    *,
    client: Engine,
    model: str,
    prompt: list[Message],
    options: dict[str, Any],
    language: str,
    gated: bool = True,
    judge: Judge | None = None,
    continues: bool = True,
    said: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> AsyncIterator[Spoken]:
    """Say one reply, or `n`.

    Args:
        decision: who writes, and with which instruction.
        client: the engine.
        model: the assistant's name there.
        prompt: the messages, with the assistant's own instruction.
        options: fields of the request: n, max_tokens, stop, temperature, …
        language: of the talk.
        gated: False hands on what the model writes as it comes, and asks the library for nothing.
        judge: gives the scores; the engine by default.
        continues: whether the engine can go on from the beginning of a reply.
        said: ids of reviewed words that were said lately, oldest first.
        languages: that the model can have learnt; none: not known. In another language of the
            studio's it is not asked at all, and reviewed words say why.

    Raises:
        EngineUnavailable, EngineError: the first draft failed; what was released stays.
    """
    talk = Talk(
        decision=decision,
        client=client,
        judge=judge or client,
        model=model,
        prompt=instructed(prompt, decision.instruction),
        options=options,
        language=language,
        continues=continues,
        said=said,
        languages=languages,
    )
    if not gated:
        steps = straight(talk)
    elif decision.writer == "library":
        steps = from_library(talk)
    else:
        steps = Drafts(talk).steps()
    async with aclosing(steps) as open_steps:  # type: ignore[type-var]
        async for step in open_steps:
            yield step


async def straight(talk: Talk) -> AsyncIterator[Spoken]:
    """The engine's words as they come."""
    deltas = talk.client.stream_chat(talk.model, talk.prompt, **talk.options)
    async with aclosing(deltas) as open_deltas:  # type: ignore[type-var]
        async for delta in open_deltas:
            yield Spoken(delta.text, delta.index, delta.finish_reason, None, delta.usage)


async def from_library(talk: Talk) -> AsyncIterator[Spoken]:
    """The reviewed reply, the same in each place: nobody in danger has to choose between two."""
    assert talk.decision.reply is not None, "a decision for the library carries its reply"
    for index in range(talk.count):
        released = ""
        for words in talk.decision.reviewed:
            text = as_paragraph(released, words.text)
            released += text
            yield Spoken(text, index, None, words)
        yield Spoken("", index, "stop")
    yield Spoken(usage=Usage(0, 0))
