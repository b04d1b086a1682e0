"""What a message says, asked of the rules and, where it answers, of the engine's judge."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from chat.engine.exceptions import EngineError, EngineUnavailable
from chat.safety.detection import Scores, units
from chat.safety.language import Language, language_of

logger = logging.getLogger("chat.policy")

JUDGE_SECONDS = 5.0
MOST_UNITS = 100  # asked about at once; the engine takes 128
Turns = Sequence[Mapping[str, str]]
Said = tuple[str, Turns]  # one message, and what was said before it


def language_of_talk(text: str, history: Turns = ()) -> Language:
    """That of the person's last message with a word in it: neither "…" nor 😭 changes it."""
    own = [turn["content"] for turn in history if turn["role"] == "user"]
    for words in [text, *reversed(own)]:
        if any(sign.isalpha() for sign in words):
            return language_of(words)
    return "en"


class Judge(Protocol):
    """The part of `EngineClient` that is needed here."""

    async def judge(self, kind: str, texts: Sequence[str]) -> list[dict[str, float]]: ...


class Seldom:
    """One warning a minute; the next one says how many were left out."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.seconds = seconds
        self.last = -seconds
        self.left_out = 0
        self.lock = threading.Lock()

    def warn(self, words: str, reason: object) -> None:
        now = time.monotonic()
        with self.lock:
            if now - self.last < self.seconds:
                self.left_out += 1
                return
            more, self.left_out, self.last = self.left_out, 0, now
        logger.warning("%s: %s%s", words, reason, f" ({more} more before it)" if more else "")


away = Seldom()


async def scores_of(judge: Judge | None, said: Sequence[Said]) -> list[list[Scores] | None]:
    """The head's scores of each message, one for each of its units, asked for in one go.

    None where there is no judge or it does not answer, which is said once a minute, and for old
    messages that no longer fit into the question beside the newest.
    """
    looked_at: list[list[str]] = []
    for text, history in reversed(said):
        wanted = units(text, history)
        if looked_at and sum(map(len, looked_at)) + len(wanted) > MOST_UNITS:
            break
        looked_at.insert(0, wanted)
    scores = await judged(judge, [unit for wanted in looked_at for unit in wanted])
    if scores is None:
        return [None] * len(said)
    given = iter(scores)
    left_out: list[list[Scores] | None] = [None] * (len(said) - len(looked_at))
    return left_out + [[next(given) for _ in wanted] for wanted in looked_at]


async def judged(judge: Judge | None, texts: list[str]) -> list[dict[str, float]] | None:
    if judge is None:
        return None
    if not texts:
        return []
    try:
        async with asyncio.timeout(JUDGE_SECONDS):
            scores = await judge.judge("person", texts)
    except (EngineUnavailable, EngineError, TimeoutError) as error:
        away.warn("messages are read by the rules alone", str(error) or type(error).__name__)
        return None
    if len(scores) != len(texts):
        away.warn(
            "messages are read by the rules alone",
            f"the judge gave {len(scores)} scores for {len(texts)} texts",
        )
        return None
    return scores
