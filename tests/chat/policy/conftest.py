"""A person, an assistant, and a clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


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
