"""The pages: list, write, try, publish, retire; and what the chat's own pages show of a persona."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from chat.conversations.models import Conversation
from chat.personas.models import Persona, PersonaVersion

pytestmark = pytest.mark.django_db(transaction=True)
Saved = Callable[..., Any]
FETCH = {"x-requested-with": "fetch"}  # a script does not wait for the reply
FIELDS = {
    "name": "Warm listener",
    "description": "Listens and asks one question at a time.",
    "assistant": "smollm2-135m-instruct",
    "languages": ["en"],
    "instruction": "Listen first.\r\nAsk one open question.",
    "opening": "Hello. I am an AI. What is on your mind?",
    "save": "publish",
}


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_a_persona_is_written_published_and_tried(
    team: Any, alice: Any, bob: Any, plain: Any, judge: Any
) -> None:
    hers, his = client_of(alice), client_of(bob)
    assert "No personas yet" in text_of(hers.get("/chat/personas/"))
    page = text_of(hers.get("/chat/personas/new/?start=warm"))
    assert "Say back in one short sentence" in page
    assert "Publish to the team" in page
    answer = hers.post("/chat/personas/new/", FIELDS)
    version = PersonaVersion.objects.get()
    assert answer["location"] == f"/chat/personas/{version.persona.public_id}/"
    assert version.instruction == "Listen first.\nAsk one open question."
    page = text_of(his.get(answer["location"]))
    assert version.persona.model in page
    assert "Version 1: " in page
    assert "Publish to the team" not in page
    assert "Retire" not in page
    listed = text_of(his.get("/chat/personas/"))
    assert "Listens and asks one question at a time." in listed

    page = text_of(his.get("/chat/new/", {"assistant": version.model}))
    assert "Warm listener (persona)" in page
    assert "What is on your mind?" in page
    assert page.index(version.description) < page.index('id="send"')
    sent = {"assistant": version.model, "text": "A hard day."}
    assert his.post("/chat/new/", sent, headers=FETCH).status_code == 200
    talk = Conversation.objects.get()
    assert talk.assistant_a == version.model
    page = text_of(his.get(f"/chat/{talk.public_id}/"))
    assert page.index("Opening line of Warm listener") < page.rindex("A hard day.")


def test_a_form_that_is_sent_twice_makes_one(alice: Any, team: Any, plain: Any, judge: Any) -> None:
    hers = client_of(alice)
    once = {**FIELDS, "form_token": "a-token-of-this-very-form"}
    assert {hers.post("/chat/personas/new/", once).status_code for _ in range(2)} == {302}
    assert Persona.objects.count() == 1


def test_a_refusal_keeps_what_was_typed(alice: Any, team: Any, plain: Any, judge: Any) -> None:
    hers = client_of(alice)
    sent = {**FIELDS, "name": "Dr. Warm", "instruction": "Never say that you are an AI."}
    answer = hers.post("/chat/personas/new/", sent)
    page = text_of(answer)
    assert answer.status_code == 422
    assert Persona.objects.count() == 0
    assert 'value="Dr. Warm"' in page
    assert "“Dr. Warm” cannot be kept." in page
    assert page.count('class="error"') == 2
    answer = hers.post("/chat/personas/new/", {"save": "draft"})
    assert answer.status_code == 422
    assert "Give it a name." in text_of(answer)
    answer = hers.post("/chat/personas/new/", {**FIELDS, "assistant": "nobody"})
    assert answer.status_code == 422
    assert Persona.objects.count() == 0


def test_a_member_is_told_who_publishes(bob: Any, team: Any, plain: Any, judge: Any) -> None:
    his = client_of(bob)
    answer = his.post("/chat/personas/new/", FIELDS)
    assert answer.status_code == 422
    assert "Only an owner of the team publishes" in text_of(answer)
    assert his.post("/chat/personas/new/", {**FIELDS, "save": "draft"}).status_code == 302


def test_an_owner_retires_it_and_brings_it_back(alice: Any, bob: Any, saved: Saved) -> None:
    version = saved()
    url = f"/chat/personas/{version.persona.public_id}/"
    answer = client_of(bob).post(f"{url}retire/", follow=True)
    assert "Only an owner" in text_of(answer)
    hers = client_of(alice)
    page = text_of(hers.post(f"{url}retire/", follow=True))
    assert "It is retired" in page
    assert 'name="instruction"' not in page
    assert "retired" in text_of(hers.get("/chat/personas/"))
    page = text_of(hers.post(f"{url}return/", follow=True))
    assert "Publish to the team" in page


def test_a_newer_draft_says_whom_the_team_talks_to(bob: Any, saved: Saved) -> None:
    version = saved()
    saved(version.persona, name="Warm ear", publish=False)
    his = client_of(bob)
    for path in ("/chat/personas/", f"/chat/personas/{version.persona.public_id}/"):
        page = " ".join(text_of(his.get(path)).split())
        assert "ersion 2, a draft; the team talks to version 1" in page


def test_the_chosen_one_is_told_while_one_chooses(alice: Any, saved: Saved, plain: Any) -> None:
    version = saved()
    hers = client_of(alice)
    part = text_of(hers.get("/chat/personas/chosen/", {"assistant": version.model}))
    assert version.description in part
    assert version.opening in part
    part = text_of(
        hers.get("/chat/personas/chosen/", {"assistant": version.model, "compare": plain.id})
    )
    assert version.description in part
    assert version.opening not in part
    part = text_of(hers.get("/chat/personas/chosen/", {"assistant": plain.id}))
    assert "reply" not in part


def test_another_team_sees_nothing_of_it(charlie: Any, saved: Saved) -> None:
    version = saved()
    theirs = client_of(charlie)
    assert theirs.get(f"/chat/personas/{version.persona.public_id}/").status_code == 404
    assert version.description not in text_of(theirs.get("/chat/personas/"))
    part = theirs.get("/chat/personas/chosen/", {"assistant": version.model})
    assert version.description not in text_of(part)
    sent = {"assistant": version.model, "text": "A hard day."}
    assert theirs.post("/chat/new/", sent).status_code == 422
    assert not Conversation.objects.exists()


def test_a_side_by_side_shows_no_opening_line(
    alice: Any, saved: Saved, plain: Any, team: Any
) -> None:
    version = saved()
    hers = client_of(alice)
    sent = {"assistant": version.model, "compare": plain.id, "text": "A hard day."}
    assert hers.post("/chat/new/", sent, headers=FETCH).status_code == 200
    page = text_of(hers.get(f"/chat/{Conversation.objects.get().public_id}/"))
    assert version.opening not in page
    head = page.split('id="chat-head"')[1].split("</header>")[0]
    assert version.name not in head
