"""A persona as a model: listed, retrieved, talked to with its own instruction, never let out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.api.conftest import BASE, Site

MAKE = """
import json
from chat.personas.models import Persona, PersonaVersion
from django.utils import timezone
from finetune.teams.models import Team, User
team, alice = Team.objects.get(slug="acorn"), User.objects.get(username="alice")
persona = Persona.objects.create(team=team, slug="warm-listener")
def version(number, **more):
    return PersonaVersion.objects.create(
        persona=persona, number=number, name="Warm listener", description="Listens.",
        assistant="BASE", assistant_title="Base", instruction="Listen first. " * number,
        languages="en", created_by=alice, **more,
    )
version(1, published_at=timezone.now())
version(2, published_at=timezone.now())
version(3)
print(json.dumps({"model": persona.model, "pk": persona.pk}))
"""
REMOVE = "from chat.models import Persona; Persona.objects.filter(pk={}).delete()"
MOST_PAGES = 30


@pytest.fixture
def persona(site: Site) -> Iterator[str]:
    made = json.loads(site.python(MAKE.replace("BASE", BASE)).strip().splitlines()[-1])
    yield made["model"]
    site.python(REMOVE.format(made["pk"]))


def test_it_is_a_model_like_others(persona: str, alice_client: openai.OpenAI) -> None:
    assert persona.startswith("persona:acorn:warm-listener:")
    listed = [one for one in alice_client.models.list() if one.id.startswith("persona:")]
    assert [(one.id, one.owned_by) for one in listed] == [(persona, "acorn")]
    for name in (persona, f"{persona}@1", f"{persona}@3"):
        assert alice_client.models.retrieve(name).id == name
    with pytest.raises(openai.NotFoundError):
        alice_client.models.retrieve(f"{persona}@4")
    with pytest.raises(openai.PermissionDeniedError, match="a persona, which an owner"):
        alice_client.models.delete(persona)
    with pytest.raises(openai.BadRequestError, match="is not a base model"):
        alice_client.fine_tuning.jobs.create(model=persona, training_file="file-x")


def test_pages_of_the_list_hold_it_once(persona: str, alice_client: openai.OpenAI) -> None:
    seen: list[str] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        query = {"limit": "1", **({"after": after} if after else {})}
        page = alice_client.models.list(extra_query=query)
        seen += [one.id for one in page.data]
        if not page.model_extra or not page.model_extra["has_more"]:
            break
        after = page.model_extra["last_id"]
    assert seen.count(persona) == 1
    assert len(set(seen)) == len(seen)
    assert seen.index(persona) < seen.index(BASE)
    with pytest.raises(openai.BadRequestError, match="not in this list"):
        alice_client.models.list(extra_query={"after": f"{persona[:-1]}x"})


def test_its_instruction_stands_in_front_of_the_requests_own(
    persona: str, alice_client: openai.OpenAI
) -> None:
    def tokens(model: str, *system: str) -> int:
        messages: Any = [{"role": "system", "content": text} for text in system]
        reply = alice_client.chat.completions.create(
            model=model, messages=[*messages, {"role": "user", "content": "Hello"}], max_tokens=4
        )
        assert reply.model == model
        assert reply.usage is not None
        return reply.usage.prompt_tokens

    first, second = tokens(f"{persona}@1"), tokens(f"{persona}@2")
    assert first < second == tokens(persona)
    assert tokens(persona, "Answer in one word.") > second > tokens(BASE, "Answer in one word.")


def test_it_is_nobody_elses(persona: str, charlie_client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "Hello"}]
    for name in (persona, f"{persona}@1"):
        with pytest.raises(openai.NotFoundError) as caught:
            charlie_client.chat.completions.create(model=name, messages=messages)
        assert caught.value.code == "model_not_found"
    assert not [one for one in charlie_client.models.list() if one.id.startswith("persona:")]
