"""A good draft, an engine that judges, and a published persona."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chat.personas.checks import Draft
from chat.personas.services import persona_save
from tests.doubles.speaking_engine import SpeakingEngine, speaking_engine


@pytest.fixture
def judge(settings: Any) -> Iterator[SpeakingEngine]:
    with speaking_engine() as made:
        settings.ENGINE_URL = settings.JUDGE_URL = made.url
        yield made


@pytest.fixture
def draft(plain: Any) -> Draft:
    return Draft(
        name="Warm listener",
        description="Listens and asks one question at a time.",
        assistant=plain.id,
        instruction="Listen first. Ask one open question.",
        opening="Hello. I am an AI. What is on your mind?",
        languages=("en",),
    )


@pytest.fixture
def saved(team: Any, alice: Any, draft: Draft, judge: SpeakingEngine) -> Callable[..., Any]:
    """Save a persona as Alice, with changes."""

    def save(persona: Any = None, *, publish: bool = True, **changes: Any) -> Any:
        return persona_save(
            team=team, user=alice, persona=persona, draft=replace(draft, **changes), publish=publish
        )

    return save
