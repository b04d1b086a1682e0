"""The engine's double, and sentences that may and may not leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chat.conversations.test_consumers import browser  # noqa: F401
from tests.doubles.speaking_engine import SpeakingEngine, speaking_engine


@pytest.fixture
def speaker(settings: Any) -> Iterator[SpeakingEngine]:
    """An engine that says what a test tells it to say; the site's own for that long."""
    with speaking_engine() as engine:
        settings.ENGINE_URL = settings.JUDGE_URL = engine.url
        yield engine
