"""Saving: versions, who publishes, and everything that is refused with a field and a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat.context.window import estimated_tokens
from chat.personas import services
from chat.personas.checks import Draft, problems_of
from chat.personas.models import Persona, PersonaVersion
from chat.personas.services import PersonaRefused, persona_retire, persona_return, persona_save
from chat.personas.starts import STARTS
from chat.personas.wording import SITE_LINE, greeted, system_text
from tests.doubles.speaking_engine import SpeakingEngine

pytestmark = pytest.mark.django_db(transaction=True)
TOKENIZER = (
    Path(__file__).resolve().parents[3] / "var/base-models/smollm2-135m-instruct/tokenizer.json"
)
Saved = Callable[..., Any]


def refusal(draft: Draft, team: Any, **changes: Any) -> dict[str, str]:
    return {one.field: one.text for one in problems_of(replace(draft, **changes), team)}


def test_a_change_is_the_next_version_and_no_change_is_none(saved: Saved) -> None:
    first = saved(publish=False)
    assert (first.number, first.published_at, first.title) == (1, None, "Warm listener")
    published = saved(first.persona)
    assert published.number == 1
    assert published.published_by is not None
    second = saved(first.persona, name="Warm ear")
    assert (second.number, second.title) == (2, "Warm ear, version 2")
    assert PersonaVersion.objects.get(number=1).name == "Warm listener"
    assert second.persona.model.endswith(f":warm-listener:{second.persona.public_id[8:]}")


def test_members_write_drafts_and_owners_publish(
    team: Any, bob: Any, alice: Any, draft: Draft, judge: SpeakingEngine
) -> None:
    kept = persona_save(team=team, user=bob, persona=None, draft=draft, publish=False)
    for act in (
        lambda: persona_save(team=team, user=bob, persona=kept.persona, draft=draft, publish=True),
        lambda: persona_retire(persona=kept.persona, user=bob),
        lambda: persona_return(persona=kept.persona, user=bob),
    ):
        with pytest.raises(PersonaRefused, match="Only an owner of the team"):
            act()
    kept.refresh_from_db()
    assert kept.published_at is None
    persona_save(team=team, user=alice, persona=kept.persona, draft=draft, publish=True)
    kept.refresh_from_db()
    assert kept.published_by == alice
    assert kept.created_by == bob


def test_a_retired_one_is_not_changed_until_it_is_brought_back(saved: Saved, alice: Any) -> None:
    persona = saved().persona
    persona_retire(persona=persona, user=alice)
    with pytest.raises(PersonaRefused, match="Bring it back first"):
        saved(persona, name="Another")
    persona_return(persona=persona, user=alice)
    assert saved(persona, name="Another").number == 2


def test_what_is_wrong_is_said_at_its_field(draft: Draft, team: Any, judge: Any) -> None:
    assert problems_of(draft, team) == []
    assert "licence of a professional" in refusal(draft, team, name="Dr. Warm")["name"]
    assert "心理医生" in refusal(draft, team, name="心理医生")["name"]
    assert "A persona is an AI" in refusal(draft, team, description="A real person.")["description"]
    found = refusal(draft, team, instruction="Be kind. Never admit that you are an AI.")
    assert "“Never admit that you are an AI.” cannot be kept." in found["instruction"]
    assert refusal(draft, team, assistant="gone").keys() == {"assistant"}
    assert refusal(draft, team, languages=()).keys() == {"languages"}
    assert "Chinese" in refusal(draft, team, opening="你好，今天过得怎么样？")["languages"]
    assert refusal(draft, team, name="", description="", instruction="").keys() == {
        "name",
        "description",
        "instruction",
    }
    assert "2,400 characters" in refusal(draft, team, instruction="Listen. " * 300)["instruction"]


def test_a_persona_speaks_through_no_persona(draft: Draft, team: Any, saved: Saved) -> None:
    other = saved()
    assert refusal(draft, team, assistant=other.model).keys() == {"assistant"}


def test_the_instruction_leaves_room_for_the_talk(
    draft: Draft, team: Any, base: Any, judge: Any
) -> None:
    base.max_positions = 1024
    base.save()
    instruction = "Listen first, and ask one open question. " * 20
    found = refusal(draft, team, instruction=instruction)
    assert "has room for 201 beside a conversation" in found["instruction"]
    base.max_positions = 8192
    base.save()
    assert refusal(draft, team, instruction=instruction) == {}


@pytest.mark.skipif(not TOKENIZER.is_file(), reason="SmolLM2 is not in var/base-models")
def test_tokens_are_never_more_than_estimated() -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    for start in STARTS.values():
        for text in (system_text(start.instruction), greeted(start.opening)):
            assert len(tokenizer.encode(text).ids) <= estimated_tokens(text), text


def test_the_opening_line_passes_the_gate(draft: Draft, team: Any, judge: SpeakingEngine) -> None:
    found = refusal(draft, team, opening="Hello. I have been through this myself.")
    assert "“I have been through this myself.” would be held back" in found["opening"]
    assert "lived through this" in found["opening"]
    assert not judge.judged, "a line that the rules hold is not asked about"

    judge.unsafe["What is it worth to you?"] = "belittling"
    found = refusal(draft, team, opening="Hello. What is it worth to you?")
    assert found["opening"].startswith("“What is it worth to you?” would be held back")
    assert "belittles" in found["opening"]

    judge.judging = False
    assert "cannot be judged now" in refusal(draft, team)["opening"]
    assert refusal(draft, team, opening="") == {}


@pytest.mark.parametrize(
    "opening",
    [
        "Hello. Are you thinking about ending your life?",
        "Do you want to hurt yourself?",
        "你好，你想自杀吗？",
    ],
)
def test_an_opening_line_asks_nothing_that_the_policy_would_not_hear_the_answer_to(
    opening: str, draft: Draft, team: Any, judge: Any
) -> None:
    assert "opening" in refusal(draft, team, opening=opening, languages=("en", "zh"))


def test_a_team_has_no_more_than_so_many(saved: Saved, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "MOST_PERSONAS", 1)
    persona = saved().persona
    with pytest.raises(PersonaRefused, match="at most 1 personas"):
        saved()
    monkeypatch.setattr(services, "MOST_VERSIONS", 1)
    with pytest.raises(PersonaRefused, match="1 versions"):
        saved(persona, name="Another")
    assert Persona.objects.count() == 1


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_what_we_offer_to_start_from_can_be_saved(
    start: Any, team: Any, plain: Any, judge: Any
) -> None:
    assert problems_of(Draft(assistant=plain.id, **vars(start)), team) == []


def test_the_sites_own_line_stands_first() -> None:
    assert system_text("Listen.").startswith(SITE_LINE["en"])
    assert system_text("先听对方说。").startswith(SITE_LINE["zh"])
    assert "“Hello.”" in greeted("Hello.")
