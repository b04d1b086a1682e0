"""A person, an assistant, and a clock that a test moves."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

if importlib.util.find_spec("chat.safety.library") is None:
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class ReviewedReply:
        id: str
        text: str = "…"
        version: int = 1

    def numbered(kind: str, said: Any) -> ReviewedReply:
        return ReviewedReply(f"{kind}.{len(said) + 1}")

    double: Any = ModuleType("chat.safety.library")
    double.ReviewedReply = ReviewedReply
    double.reply_for = lambda *, category, said, **rest: numbered(f"high.{category}", said)
    double.question_for = lambda *, category, said, **rest: numbered("question", said)
    double.ai_answer = lambda language, said: numbered("ai", said)
    double.asks_whether_human = lambda text: "are you human" in text.lower()
    double.quiet_line = lambda language, category: f"{language} {category} line"
    sys.modules["chat.safety.library"] = double


class Clock:
    """The time, for everything that asks Django for it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def pass_(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.now)
    return made


@pytest.fixture
def person(alice: Any) -> Any:
    from chat.policy.person import person_of_user

    return person_of_user(alice)


@pytest.fixture
def say(person: Any, plain: Any) -> Any:
    """Let a person say something; returns the decision."""
    from chat.policy.decision import decide_sync

    def said(text: str, **changes: Any) -> Any:
        return decide_sync(**{"person": person, "assistant": plain, "text": text} | changes)

    return said
