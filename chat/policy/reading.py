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
Turns = Sequence[Mapping[str, str]]


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


async def scores_of(judge: Judge | None, text: str, history: Turns = ()) -> list[Scores] | None:
    """The head's scores for each unit of a message; None, said once a minute, without a judge."""
    if judge is None:
        return None
    looked_at = units(text, history)
    if not looked_at:
        return []
    try:
        async with asyncio.timeout(JUDGE_SECONDS):
            scores = await judge.judge("person", looked_at)
    except (EngineUnavailable, EngineError, TimeoutError) as error:
        away.warn("messages are read by the rules alone", str(error) or type(error).__name__)
        return None
    if len(scores) != len(looked_at):
        away.warn(
            "messages are read by the rules alone",
            f"the judge gave {len(scores)} scores for {len(looked_at)} texts",
        )
        return None
    return list(scores)
