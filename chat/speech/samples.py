"""The gate for replies that a trainer writes to sample prompts; `settings.REPLY_GATE` names it.

People who train models have to see that a sentence was held back, and why; they read the class in
words, and the sentence only in the run's own files.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from asgiref.sync import async_to_sync

from chat.engine.client import EngineError, EngineUnavailable
from chat.safety.gate import held, judged, sentences
from chat.safety.language import language_of

from .firmness import class_words
from .telling import judge_client

logger = logging.getLogger("chat.speech")

SECONDS = 5.0  # for all of them: a worker holds its run meanwhile
TOGETHER = 64  # texts in one question to the judge


def replies_gated(samples: Sequence[tuple[str, str]]) -> list[str] | None:
    """Replies to sample prompts as they may be shown; None where they cannot be judged now."""
    cut = [sentences(reply) for _, reply in samples]
    texts = [
        judged(sentence, before)
        for parts in cut
        for before, sentence in zip(["", *parts], parts, strict=False)
    ]
    scores = async_to_sync(scores_of)(texts)
    if scores is None:
        return None
    remaining = iter(scores)
    shown: list[str] = []
    for (prompt, _), parts in zip(samples, cut, strict=True):
        language = language_of(prompt)
        reply = ""
        for before, sentence in zip(["", *parts], parts, strict=False):
            found = held(
                sentence, before=before, asked=prompt, language=language, scores=next(remaining)
            )
            reply += held_words(sentence, found) if found else sentence
        shown.append(reply)
    return shown


def held_words(sentence: str, held_class: str) -> str:
    """What stands in the place of a sentence, with the blanks that were before it."""
    blanks = sentence[: len(sentence) - len(sentence.lstrip())]
    return f"{blanks}[a sentence was held back: {class_words(held_class)}]"


async def scores_of(texts: list[str]) -> list[dict[str, float]] | None:
    """The judge's scores of every text, or None."""
    client, scores = judge_client(), []
    try:
        async with asyncio.timeout(SECONDS):
            for start in range(0, len(texts), TOGETHER):
                scores += await client.judge("reply", texts[start : start + TOGETHER])
    except (EngineError, EngineUnavailable, TimeoutError) as error:
        logger.warning("sample replies are not judged: %s", error or type(error).__name__)
        return None
    return scores
