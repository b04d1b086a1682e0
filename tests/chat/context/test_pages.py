"""Where old turns no longer fit: kept with the reply, said on the page, moved with the talk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import AsyncClient, Client

from chat.branches.services import branch_continue
from chat.context import services as context
from chat.context.selectors import edges_of
from chat.conversations import services
from chat.conversations.models import Message
from chat.conversations.selectors import turn_list_of
from chat.incognito.transcript import Exchange, read, written
from chat.privacy.export import conversation_data, conversation_markdown
from tests.chat.conftest import ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)
FETCH = {"x-requested-with": "fetch"}
LONG = "word " * 250


@pytest.fixture
def short_sighted(plain: Any, base: Any) -> Any:
    """A base that reads 1,024 tokens."""
    base.max_positions = 1024
    base.save()
    return base


@pytest.fixture
def long_talk(team: Any, alice: Any, short_sighted: Any, tuned: Any) -> Any:
    """A finished talk of Alice's of eight long turns, of which the second is about danger."""
    conversation = None
    for number in range(1, 9):
        said = "I want to die." if number == 2 else f"I feel lost on day {number}. {LONG}"
        if conversation is None:
            conversation, [reply] = services.conversation_start(
                team=team, user=alice, assistants=[tuned], text=said
            )
        else:
            [reply] = services.message_send(conversation=conversation, text=said)
        services.reply_finish(message_id=reply.pk, state="done", content="Tell me more.")
    return conversation


async def sent(client: AsyncClient, talk: Any, text: str = "I feel better now.") -> Message:
    answer = await client.post(f"/chat/{talk.public_id}/send/", {"text": text})
    assert answer.status_code == 302
    return await talk.messages.filter(side="a").order_by("-turn", "-id").afirst()


@pytest.fixture
async def hers(async_client: AsyncClient, alice: Any, valkey: str) -> AsyncClient:
    await async_client.aforce_login(alice)
    return async_client


@pytest.fixture
def cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The assistant writes at every level: what it is sent is the matter here."""
    from chat.safety.levels import Level

    monkeypatch.setattr("chat.policy.decision.levels_cleared", lambda assistant: frozenset(Level))


@pytest.mark.usefixtures("cleared")
async def test_what_was_left_out_and_told_is_kept_with_the_reply(
    hers: AsyncClient, long_talk: Any, engine: ScriptedEngine
) -> None:
    reply = await sent(hers, long_talk)
    assert reply.reads_from
    assert reply.reads_from > 2
    told = reply.told
    assert told.startswith("Earlier in this talk the person said of themselves: “I feel lost on")
    assert "die" not in told
    asked = engine.requests[-1]["messages"]
    assert f"Be gentle.\n\n{told}" in asked[0]["content"]
    own = [one["content"] for one in asked if one["role"] == "user"]
    assert own[0].startswith(f"I feel lost on day {reply.reads_from}.")
    url = f"/chat/{long_talk.public_id}/"
    page = (await hers.get(url)).content.decode()
    before, _, after = page.partition("no longer sees what is above this line")
    assert page.count("no longer sees what is above this line") == 1
    assert f'id="turn-{reply.reads_from}"' in before
    assert f'id="turn-{reply.reads_from + 1}"' in after
    assert f'<blockquote dir="auto">{told}</blockquote>' in after
    assert f"Written without your first {reply.reads_from - 1} messages" in after


@pytest.mark.usefixtures("cleared")
async def test_an_engine_that_counts_otherwise_moves_the_line(
    hers: AsyncClient, long_talk: Any, engine: ScriptedEngine
) -> None:
    first = await sent(hers, long_talk)
    revision = (await type(long_talk).objects.aget(pk=long_talk.pk)).revision
    engine.errors = [(400, "context_length_exceeded", "too long")]
    second = await sent(hers, long_talk, f"I feel odd. {LONG}")
    assert second.reads_from > first.reads_from
    edges = await sync_to_async(edges_of)(long_talk)
    assert list(edges) == [second.reads_from]
    # The turns at which the line was and is are shown anew on an open page.
    changed = await sync_to_async(turn_list_of)(long_talk, after_revision=revision)
    assert {first.reads_from, second.reads_from} <= {turn.number for turn in changed}
    await first.arefresh_from_db()
    assert first.told  # it stays true of the first


@pytest.mark.usefixtures("cleared")
async def test_a_reply_that_read_everything_says_nothing(
    hers: AsyncClient, talk: Any, engine: ScriptedEngine
) -> None:
    reply = await sent(hers, talk)
    assert (reply.reads_from, reply.told) == (1, "")
    page = (await hers.get(f"/chat/{talk.public_id}/")).content.decode()
    assert "no longer sees" not in page
    assert "Written without" not in page


async def test_the_library_reads_nothing(
    hers: AsyncClient, long_talk: Any, engine: ScriptedEngine
) -> None:
    reply = await sent(hers, long_talk)  # the second message has raised the state
    assert (reply.writer, reply.reads_from, reply.told) == ("library", None, "")


@pytest.mark.usefixtures("cleared")
async def test_a_database_that_takes_no_writes_costs_no_reply(
    hers: AsyncClient, long_talk: Any, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(context, "reach_write", full)
    reply = await sent(hers, long_talk)
    assert reply.content == "I hear you. That sounds hard."
    assert reply.told  # kept at its end


def test_a_comparison_has_a_line_for_each_side(
    client: Client, team: Any, alice: Any, tuned: Any, plain: Any
) -> None:
    both, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    for reply in replies:
        services.reply_finish(message_id=reply.pk, state="done", content="Hello!")
    replies = services.message_send(conversation=both, text="I am tired.")
    for reply, told in zip(replies, ("", "Earlier: “I am tired.”"), strict=True):
        services.reply_finish(
            message_id=reply.pk, state="done", content="Hm.", reads_from=2, told=told
        )
    client.force_login(alice)
    page = client.get(f"/chat/{both.public_id}/").content.decode()
    assert page.count("The left assistant no longer sees") == 1
    assert page.count("The right assistant no longer sees") == 1
    assert "Nothing. It knows nothing of that part." in page
    assert "Written without your first message<" in page
    assert tuned.title not in page.split('id="turns"')[1]


def test_a_copy_and_a_branch_hold_it(talk: Any) -> None:
    Message.objects.filter(conversation=talk, side="a").update(reads_from=3, told="“I am tired.”")
    branch = branch_continue(conversation=talk, turn=1)
    for each in (talk, branch):
        rows = list(each.messages.order_by("turn", "id"))
        data = conversation_data(each, rows)["messages"][1]
        assert (data["read_from_turn"], data["told_of_the_rest"]) == (3, "“I am tired.”")
        text = conversation_markdown(each)
        assert ("copied from another talk" in text) == (each == branch)
        told = "*Written without reading turns 1 to 2. It was told:*\n\n> “I am tired.”\n"
        assert told in text


async def test_an_incognito_talk_says_it_too(
    hers: AsyncClient, team: Any, plain: Any, short_sighted: Any, engine: ScriptedEngine
) -> None:
    said = [
        Exchange(f"I feel lost on day {number}. {LONG}", "Tell me more.") for number in range(8)
    ]
    data = {"text": "I feel odd.", "assistant": plain.id, "talk": written(said)}
    answer = await hers.post("/chat/incognito/", data, headers=FETCH)
    body = b"".join([part async for part in answer.streaming_content])
    lines = [json.loads(line) for line in body.splitlines()]
    [line] = [line for line in lines if line.get("unread")]
    assert "“I feel lost on day 0.”" in line["told"]
    assert "without the beginning of the talk" in line["beginning"]
    assert line["told"] in engine.requests[-1]["messages"][0]["content"]
    page = (await hers.post("/chat/incognito/", data)).content.decode()
    assert page.count("without the beginning of the talk") == 1
    assert line["told"] in page
    again = read(written([*said, Exchange("x", "y", unread=True, told=line["told"])]))
    assert again[-1].told == line["told"]
    short = {**data, "talk": written(said[:1])}
    page = (await hers.post("/chat/incognito/", short)).content.decode()
    assert "without the beginning" not in page
