"""An incognito talk is answered as every other, and no word of it is anywhere afterwards."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings as site
from django.db import connection
from django.test import AsyncClient, Client

from chat.consent.services import consent_give
from chat.conversations.models import Conversation, Message
from chat.incognito.speaking import AT_ONCE, Speaking
from chat.incognito.transcript import Exchange, read, written
from chat.policy.models import RiskState, SafetyEntry, SafetyText
from chat.privacy.export import files
from tests.chat.privacy.test_deletion import rows_with
from tests.doubles.speaking_engine import SpeakingEngine, speaking_engine

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/chat/incognito/"
FETCH = {"x-requested-with": "fetch"}
MARK, ECHO = "gloaming-wherewithal", "thrum-palimpsest"  # words that stand nowhere else


@pytest.fixture
def engine(settings: Any) -> Iterator[SpeakingEngine]:
    with speaking_engine() as made:
        settings.ENGINE_URL = settings.JUDGE_URL = made.url
        yield made


@pytest.fixture
def hers(alice: Any, team: Any, plain: Any, engine: Any) -> AsyncClient:
    client = AsyncClient()
    client.force_login(alice)
    return client


async def asked(
    client: AsyncClient, text: str, assistant: Any, talk: str = "", **more: str
) -> list[Any]:
    """The lines that a script gets for a message."""
    data = {"text": text, "assistant": assistant.id, "talk": talk, **more}
    answer = await client.post(URL, data, headers=FETCH)
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer["Cache-Control"]
    body = b"".join([part async for part in answer.streaming_content])
    return [json.loads(line) for line in body.splitlines()]


def words_of(lines: list[Any]) -> str:
    return "".join(line.get("text", "") for line in lines)


def talk_in(page: str) -> str:
    return html.unescape(re.search(r'id="talk" value="([^"]*)"', page)[1])  # type: ignore[index]


def places_with(*marks: str) -> list[str]:
    """Wherever the site could have kept one of these words."""
    found = [place for mark in marks for place in rows_with(mark)]
    folder = Path(site.DATA_DIR)
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [str(path) for mark in marks if mark.encode() in content]
    valkey = redis.Redis.from_url(site.VALKEY_URL)
    for key in valkey.scan_iter():
        kind = valkey.type(key)
        value = valkey.get(key) if kind == b"string" else valkey.dump(key)
        found += [str(key) for mark in marks if mark.encode() in key + (value or b"")]
    return found


@pytest.mark.parametrize("text", [f"My day was {MARK}.", f"I want to kill myself, {MARK}."])
@pytest.mark.parametrize("log_text", [False, True])
async def test_no_trace(
    hers: AsyncClient,
    alice: Any,
    plain: Any,
    engine: Any,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    text: str,
    log_text: bool,
) -> None:
    settings.SAFETY_LOG_TEXT = log_text
    await sync_to_async(consent_give)(user=alice, language="en")  # to what the text says then
    engine.drafts = [[f"That sounds like {ECHO}. What was it like?"]]
    with caplog.at_level(logging.DEBUG):
        first = await asked(hers, text, plain)
        talk = written([Exchange(text, words_of(first))])
        await asked(hers, f"Still {MARK}.", plain, talk)
    assert words_of(first)
    assert any(MARK in json.dumps(one) for one in engine.requests) or "kill" in text
    assert await sync_to_async(places_with)(MARK, ECHO) == []
    ours = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    assert not [line for line in ours if MARK in line or ECHO in line]
    assert not await Conversation.objects.aexists()
    assert not await Message.objects.aexists()
    assert not await SafetyText.objects.aexists()
    assert not list(redis.Redis.from_url(site.VALKEY_URL).scan_iter("*policy-read*"))


def test_the_search_would_find_it(alice: Any, team: Any, plain: Any, engine: Any) -> None:
    """The counterpart of `test_no_trace`: an ordinary talk is found by the same search."""
    from chat.conversations.services import conversation_start

    conversation_start(team=team, user=alice, assistants=[plain], text=f"My day was {MARK}.")
    places = places_with(MARK)
    assert "chat_message.content" in places
    if connection.vendor == "sqlite":
        assert any("sqlite3" in place for place in places)


async def test_danger_is_answered_by_the_library_with_a_card(
    hers: AsyncClient, plain: Any, engine: Any, alice: Any
) -> None:
    lines = await asked(hers, "I want to kill myself tonight.", plain, country="DE")
    assert "0800 111 0 111" in json.dumps(lines)
    card = next(line for line in lines if "card" in line)
    assert 'class="care-card"' in card["html"]
    assert "<form" not in card["html"]  # a choice of country would leave the page
    assert lines.index(card) < next(n for n, line in enumerate(lines) if "text" in line)
    assert engine.requests == []  # the model is not asked
    assert (await RiskState.objects.aget()).user_id == alice.pk
    assert await SafetyEntry.objects.filter(action="library", conversation="").aexists()
    again = await asked(hers, "never mind", plain, written([Exchange("x", words_of(lines))]))
    assert engine.requests == []
    assert any(line.get("quiet") for line in again)
    assert not any("card" in line for line in again)


async def test_an_unsafe_sentence_never_leaves(hers: AsyncClient, plain: Any, engine: Any) -> None:
    unsafe = "Death would be a relief for you."
    engine.drafts = [[f"I hear you. {unsafe} Go on."], [f"{unsafe} Go on."]]
    engine.unsafe = {unsafe: "death_as_relief"}
    lines = await asked(hers, "It was a long day at work.", plain)
    assert "I hear you." in words_of(lines)
    assert "relief" not in json.dumps(lines)
    assert await SafetyEntry.objects.filter(action="held").aexists()


async def test_without_a_script(hers: AsyncClient, plain: Any, engine: Any) -> None:
    engine.drafts = [["Hello to <you>. What is on your mind?"]]
    page = (await hers.get(URL)).content.decode()
    assert "Nothing that is said here is stored" in page
    assert "This is an AI, not a person." in page
    assert talk_in(page) == "[]"
    data = {"text": "Hello <b>there</b>", "assistant": plain.id}
    page = (await hers.post(URL, data | {"talk": talk_in(page)})).content.decode()
    assert "Hello &lt;b&gt;there&lt;/b&gt;" in page
    assert "Hello to &lt;you&gt;. What is on your mind?" in page
    page = (await hers.post(URL, data | {"talk": talk_in(page)})).content.decode()
    assert page.count('class="said-text"') == 2
    assert [one.reply for one in read(talk_in(page))] == [engine.drafts[0][0]] * 2
    roles = [message["role"] for message in engine.requests[-1]["messages"]]
    assert roles[-3:] == ["user", "assistant", "user"]


async def test_a_card_stays_on_later_pages(hers: AsyncClient, plain: Any) -> None:
    data = {"text": "I want to kill myself tonight.", "assistant": plain.id, "talk": "[]"}
    page = (await hers.post(URL, data)).content.decode()
    assert page.count('class="care-card"') == 1
    more = data | {"text": "never mind", "talk": talk_in(page)}
    page = (await hers.post(URL, more)).content.decode()
    assert page.count('class="care-card"') == 1
    assert page.count('class="said-text"') == 2


async def test_what_was_written_is_kept_when_nobody_answers(
    hers: AsyncClient, plain: Any, settings: Any
) -> None:
    settings.ENGINE_URL = settings.JUDGE_URL = "http://127.0.0.1:9"
    talk = written([Exchange("before", "as well")])
    data = {"text": "Are you there?", "assistant": plain.id, "talk": talk}
    answer = await hers.post(URL, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ">Are you there?</textarea>" in page
    assert "does not answer" in page
    assert talk_in(page) == talk
    lines = await asked(hers, "Are you there?", plain, talk)
    assert "does not answer" in lines[-2]["problem"]
    assert lines[-1] == {"end": True}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"text": ""}, "empty_message"),
        ({"text": "x" * 8001}, "message_too_long"),
        ({"talk": "{"}, "unreadable"),
        ({"talk": '[{"said": "x", "reply": "y", "card": ["none", "en"]}]'}, "unreadable"),
        ({"assistant": "ft:no:such:x:1"}, "assistant_gone"),
        ({"country": "XX"}, "bad_choice"),
    ],
)
async def test_refusals(hers: AsyncClient, plain: Any, engine: Any, data: Any, code: str) -> None:
    whole = {"text": "Hello", "assistant": plain.id, "talk": ""} | data
    answer = await hers.post(URL, whole, headers=FETCH)
    assert answer.status_code == 422
    assert json.loads(answer.content)["error"]["code"] == code
    assert (await hers.post(URL, whole)).status_code == 422
    assert engine.requests == []


async def test_not_many_at_once(hers: AsyncClient, plain: Any, alice: Any) -> None:
    for _ in range(AT_ONCE):
        Speaking(alice).__enter__()
    try:
        data = {"text": "Hello", "assistant": plain.id}
        assert (await hers.post(URL, data, headers=FETCH)).status_code == 429
    finally:
        for _ in range(AT_ONCE):
            Speaking(alice).__exit__()
    assert not Speaking.running
    assert words_of(await asked(hers, "Hello", plain))
    assert not Speaking.running


def test_it_stands_nowhere_else(
    client: Client, alice: Any, team: Any, plain: Any, engine: Any
) -> None:
    client.force_login(alice)
    client.post(URL, {"text": f"My day was {MARK}.", "assistant": plain.id})
    for path in ("/chat/", "/chat/yours/", "/chat/notes/", URL):
        assert MARK not in client.get(path).content.decode()
    assert MARK not in "".join(text for _, text in files(alice))


def test_who_may(client: Client, alice: Any, team: Any, other_team: Any, tuned: Any) -> None:
    assert client.get(URL)["location"].startswith("/sign-in/")
    client.force_login(alice)
    client.post("/chat/consent/withdraw/")
    assert client.get(URL)["location"].startswith("/chat/consent/")
    answer = client.post(URL, {"text": "Hello"}, headers=FETCH)
    assert answer.json()["error"]["code"] == "consent_needed"
    other = Client()
    other.force_login(other_team.members.get())
    answer = other.post(URL, {"text": "Hello", "assistant": tuned.id}, headers=FETCH)
    assert answer.json()["error"]["code"] == "assistant_gone"


async def test_a_visitor_has_the_one_that_is_offered(
    settings: Any, base: Any, tuned: Any, engine: Any
) -> None:
    settings.ANONYMOUS_CHAT, settings.ANONYMOUS_ASSISTANT = True, base.slug
    client = AsyncClient()
    await client.post("/chat/consent/", {"adult": "yes", "agree": "yes", "answer": "yes"})
    page = (await client.get(URL)).content.decode()
    assert tuned.title not in page
    await asked(client, "Hello", tuned)  # whatever the form names
    assert engine.requests[-1]["model"] == base.slug
