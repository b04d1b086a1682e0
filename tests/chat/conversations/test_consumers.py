"""Replies over the websocket: streamed, stopped, seen in two tabs, kept when something dies."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.test import AsyncClient
from django.utils import timezone

from chat.conversations import services
from chat.conversations.generation import Generation
from chat.conversations.models import Conversation, Message
from chat.routing import websocket_urlpatterns
from finetune.teams.models import Membership, User
from tests.chat.conftest import ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)
FETCH = {"x-requested-with": "fetch"}


class Page:
    """One open page: what a browser would hold of a conversation's replies."""

    def __init__(self, user: Any, public_id: str, revision: int = -1) -> None:
        # channels' own communicator imports daphne, which this project does not need.
        scope = {
            "type": "websocket",
            "path": f"/ws/chat/{public_id}/",
            "query_string": f"revision={revision}".encode(),
            "headers": [],
            "subprotocols": [],
            "user": user,
        }
        self.socket = ApplicationCommunicator(URLRouter(websocket_urlpatterns), scope)
        self.turns: dict[int, str] = {}
        self.texts: dict[str, str] = {}
        self.state: dict[str, Any] = {}
        self.waits: list[str] = []
        self.frames: list[str] = []

    async def open(self) -> Page:
        await self.socket.send_input({"type": "websocket.connect"})
        accepted = await self.socket.receive_output(5)
        assert accepted["type"] == "websocket.accept"
        return self

    async def close(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(3)

    async def until(self, what: Callable[[Page], Any], seconds: float = 8) -> Page:
        async with asyncio.timeout(seconds):
            while not what(self):
                self.frames.append((await self.socket.receive_output(seconds))["text"])
                message = json.loads(self.frames[-1])
                if message["type"] == "turn":
                    self.turns[message["turn"]] = message["html"]
                elif message["type"] == "text":
                    # A script counts in units of UTF-16: two bytes each.
                    before = self.texts.get(message["id"], "").encode("utf-16-le")
                    end = 2 * message["at"]
                    assert end <= len(before), "a piece of text is missing"
                    kept = before[:end].decode("utf-16-le")
                    self.texts[message["id"]] = kept + message["text"]
                elif message["type"] == "wait":
                    self.waits.append(message["words"])
                else:
                    self.state = message
        return self

    def at_rest(self, turn: int = 2) -> bool:
        """Whether this turn is there and no reply is being written."""
        quiet = 'data-state="streaming"' not in self.turns.get(turn, 'data-state="streaming"')
        return quiet and self.state.get("busy") is False

    @property
    def shown(self) -> list[str]:
        return list(self.texts.values())


@pytest.fixture
async def open_page(alice: Any) -> AsyncIterator[Callable[..., Any]]:
    pages: list[Page] = []

    async def opener(conversation: Conversation, user: Any = alice, revision: int = -1) -> Page:
        page = await Page(user, conversation.public_id, revision).open()
        pages.append(page)
        return page

    yield opener
    for page in pages:
        await page.close()


@pytest.fixture
async def browser(async_client: AsyncClient, alice: Any, valkey: str) -> AsyncClient:
    await async_client.aforce_login(alice)
    return async_client


async def send(browser: AsyncClient, talk: Any, text: str = "Work.") -> Message:
    answer = await browser.post(f"/chat/{talk.public_id}/send/", {"text": text}, headers=FETCH)
    assert answer.status_code == 200, answer.content
    return await talk.messages.filter(side="a").order_by("-id").afirst()


async def act(browser: AsyncClient, talk: Any, action: str, **data: str) -> None:
    answer = await browser.post(f"/chat/{talk.public_id}/{action}/", data, headers=FETCH)
    assert answer.status_code == 200, answer.content


async def test_reply_is_streamed_and_then_shown_whole(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    engine.hold = 1
    page = await open_page(talk)
    reply = await send(browser, talk)
    await page.until(lambda page: page.shown == ["I hear you."])
    assert page.state["busy"]
    engine.gate.set()
    await page.until(lambda page: page.at_rest())
    assert "I hear you. That sounds hard." in page.turns[2]
    await reply.arefresh_from_db()
    assert reply.state == "done"
    assert reply.reply_tokens == 3
    assert reply.seconds is not None
    assert not Generation.running


async def test_emojis_are_whole_while_they_are_streamed(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    """Every piece is shown before the next comes, so each but the first has a place to begin."""
    pieces = ["😀🎉 oh.", " 👩‍👩‍👧 a?", " 𝒳 or 𝒴!", " é.", " 🇮🇩 so."]
    # A sentence has ended once the next one has begun.
    engine.pieces = [
        piece + after[:2] for piece, after in zip(pieces, [*pieces[1:], ""], strict=True)
    ]
    engine.pieces[1:] = [piece[2:] for piece in engine.pieces[1:]]
    page = await open_page(talk)
    engine.hold = 1
    await send(browser, talk)
    for count in range(1, len(pieces)):
        written = "".join(pieces[:count])
        await page.until(lambda page, written=written: page.shown == [written])
        engine.hold = count + 1
        engine.gate.set()
        engine.gate.clear()
    await page.until(lambda page: page.at_rest())
    assert "".join(pieces) in page.turns[2]


async def test_reload_and_second_tab_in_mid_stream(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    engine.hold = 2
    first = await open_page(talk)
    await send(browser, talk)
    await first.until(lambda page: page.shown == ["I hear you."])
    await first.close()
    again, second = await open_page(talk), await open_page(talk)
    for page in (again, second):
        await page.until(lambda page: page.shown == ["I hear you."] and 2 in page.turns)
    engine.gate.set()
    for page in (again, second):
        await page.until(lambda page: page.at_rest())
        assert "I hear you. That sounds hard." in page.turns[2]


async def test_stop_takes_effect_in_every_tab_and_keeps_the_text(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    engine.hold = 2
    pages = [await open_page(talk), await open_page(talk)]
    reply = await send(browser, talk)
    await pages[0].until(lambda page: page.shown == ["I hear you."])
    await act(browser, talk, "stop")
    for page in pages:
        await page.until(lambda page: page.at_rest(), seconds=2)
        assert "Stopped" in page.turns[2]
    await reply.arefresh_from_db()
    assert (reply.state, reply.content) == ("stopped", "I hear you.")
    assert not Generation.running


async def test_reply_of_another_process_is_stopped_in_the_record(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine
) -> None:
    engine.hold = 1
    reply = await send(browser, talk)
    generation = Generation.running.pop(reply.pk)  # as if another process wrote it
    await act(browser, talk, "stop")
    await reply.arefresh_from_db()
    assert reply.state == "stopped"
    assert generation.task is not None
    await asyncio.wait([generation.task], timeout=5)
    assert generation.task.done()
    await reply.arefresh_from_db()
    assert reply.state == "stopped"


async def test_another_reply_keeps_the_first(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    page = await open_page(talk)
    await act(browser, talk, "again", side="a")
    await page.until(lambda page: "1 earlier reply" in page.turns.get(1, "") and page.at_rest(1))
    assert "What wakes you?" in page.turns[1]
    assert "That sounds hard." in page.turns[1]
    assert engine.requests[0]["messages"][-1]["role"] == "user"


async def test_two_assistants_answer_together(
    browser: AsyncClient, engine: ScriptedEngine, open_page: Any, tuned: Any, plain: Any
) -> None:
    engine.hold = 1
    data = {"assistant": tuned.id, "compare": plain.id, "text": "Hello"}
    answer = await browser.post("/chat/new/", data, headers=FETCH)
    assert answer.status_code == 200
    conversation = await Conversation.objects.aget()
    page = await open_page(conversation)
    await page.until(lambda page: page.shown == ["I hear you.", "I hear you."])
    engine.gate.set()
    await page.until(lambda page: page.at_rest(1))
    assert tuned.title not in page.turns[1] + page.state["head"]
    await act(browser, conversation, "vote", turn="1", choice="b")
    await page.until(
        lambda page: tuned.title in page.turns[1] and tuned.title in page.state["head"]
    )
    assert {one["model"] for one in engine.requests} == {tuned.engine_name, plain.engine_name}


async def test_the_place_in_the_queue_is_told(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    engine.queued = [2, 0]
    page = await open_page(talk)
    await send(browser, talk)
    for words in ("waits; 2 before it…", "is next…"):
        await page.until(lambda page, words=words: page.waits and page.waits[-1] == words)
        engine.seen.release()
    await page.until(lambda page: page.at_rest())
    assert page.waits[:2] == ["waits; 2 before it…", "is next…"]
    assert "I hear you." in page.turns[2]


async def test_a_reply_that_has_not_begun_waits_for_an_engine_that_comes_back(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any, settings: Any
) -> None:
    settings.ENGINE_WAIT_SECONDS = 8
    engine.drops = 1
    page = await open_page(talk)
    reply = await send(browser, talk)
    await page.until(lambda page: page.at_rest())
    assert any("starting again" in words for words in page.waits)
    await reply.arefresh_from_db()
    assert reply.state == Message.State.DONE
    assert len(engine.requests) == 2


async def test_engine_down_is_said_and_can_be_tried_again(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any, settings: Any
) -> None:
    settings.ENGINE_URL = "http://127.0.0.1:9"
    page = await open_page(talk)
    await send(browser, talk)
    await page.until(lambda page: page.at_rest())
    assert "may still be starting" in page.turns[2]
    assert "Try again" in page.turns[2]
    settings.ENGINE_URL = engine.url
    await act(browser, talk, "again", side="a")
    await page.until(lambda page: "That sounds hard." in page.turns[2])


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (429, "engine_busy", "busy with other replies"),
        (404, "model_not_found", "not loaded in the engine yet"),
        (503, "assistant_broken", "cannot be loaded"),
    ],
)
async def test_engine_errors_are_said_in_words(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, status: int, code: str, words: str
) -> None:
    engine.errors = [(status, code, "raw")]
    reply = await send(browser, talk)
    if tasks := [one.task for one in Generation.running.values() if one.task]:
        await asyncio.wait(tasks, timeout=5)
    await reply.arefresh_from_db()
    assert reply.state == "failed"
    assert words in reply.error


async def test_connection_lost_in_mid_reply_keeps_the_text(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    engine.break_after = 2
    page = await open_page(talk)
    reply = await send(browser, talk)
    await page.until(lambda page: page.at_rest())
    await reply.arefresh_from_db()
    assert (reply.state, reply.content) == ("interrupted", "I hear you.")
    assert "Try again" in page.turns[2]


async def test_too_long_prompt_loses_its_oldest_turn(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    engine.errors = [(400, "context_length_exceeded", "too long")]
    page = await open_page(talk)
    await send(browser, talk)
    await page.until(lambda page: page.at_rest())
    assert [len(one["messages"]) for one in engine.requests] == [4, 2]
    assert "That sounds hard." in page.turns[2]


async def test_dead_process_is_noticed_by_an_open_page(
    talk: Any, open_page: Any, browser: AsyncClient
) -> None:
    from asgiref.sync import sync_to_async

    [reply] = await sync_to_async(services.message_send)(conversation=talk, text="Work.")
    await sync_to_async(services.reply_save)(message_id=reply.pk, content="Half of")
    page = await open_page(talk)
    await page.until(lambda page: page.shown == ["Half of"])
    await Message.objects.filter(pk=reply.pk).aupdate(beat_at=timezone.now() - timedelta(minutes=1))
    await page.until(lambda page: "restarted" in page.turns[2])
    assert "Half of" in page.turns[2]
    assert "Try again" in page.turns[2]


async def test_reply_is_written_without_the_broker(
    browser: AsyncClient,
    talk: Any,
    engine: ScriptedEngine,
    open_page: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from channels.layers import get_channel_layer
    from redis.exceptions import ConnectionError as BrokerGone

    async def gone(*args: Any) -> None:
        raise BrokerGone("no broker")

    monkeypatch.setattr(get_channel_layer(), "group_send", gone)
    page = await open_page(talk)
    await send(browser, talk)
    await page.until(lambda page: page.at_rest())
    assert "That sounds hard." in page.turns[2]


async def test_card_is_there_before_the_reply_which_is_the_librarys(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any
) -> None:
    page = await open_page(talk)
    await send(browser, talk, "I want to die")
    await page.until(lambda page: 2 in page.turns)
    assert "care-card" in page.turns[2]
    assert page.turns[2].index("care-card") < page.turns[2].index('class="reply"')
    await page.until(lambda page: page.at_rest())
    reply = await talk.messages.filter(role="assistant").alast()
    assert (reply.state, reply.writer) == ("done", "library")
    assert reply.reviewed_id
    assert reply.content in html.unescape(page.turns[2])
    assert engine.requests == []


async def test_page_that_is_up_to_date_gets_nothing(
    talk: Any, open_page: Any, browser: Any
) -> None:
    page = await open_page(talk, revision=talk.revision)
    assert await page.socket.receive_nothing(timeout=0.5)


@pytest.mark.parametrize("who", ["bob", "charlie", "nobody"])
async def test_nobody_else_can_listen(
    request: pytest.FixtureRequest, talk: Any, bob: Any, charlie: Any, valkey: str, who: str
) -> None:
    from django.contrib.auth.models import AnonymousUser

    user = {"bob": bob, "charlie": charlie, "nobody": AnonymousUser()}[who]
    page = await Page(user, talk.public_id).open()
    closed = await page.socket.receive_output(3)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4404)
    await page.close()


async def test_deleted_conversation_closes_its_pages(
    browser: AsyncClient, talk: Any, open_page: Any
) -> None:
    page = await open_page(talk, revision=talk.revision)
    await act(browser, talk, "delete")
    closed = await page.socket.receive_output(3)
    assert closed["type"] == "websocket.close"
    assert closed["code"] == 4404


# -- who may go on reading -------------------------------------------------------------------------


def removed(user: Any, talk: Any) -> None:
    Membership.objects.filter(user=user, team=talk.team).delete()


def switched_off(user: Any, talk: Any) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def password_changed(user: Any, talk: Any) -> None:
    User.objects.filter(pk=user.pk).update(password="!")


@pytest.mark.parametrize(
    ("loses", "code"), [(removed, 4404), (switched_off, 4401), (password_changed, 4401)]
)
async def test_no_word_is_sent_after_the_right_is_gone(
    browser: AsyncClient, talk: Any, engine: ScriptedEngine, open_page: Any, alice: Any,
    loses: Any, code: int,
) -> None:  # fmt: skip
    engine.hold = 1
    page = await open_page(talk)
    await send(browser, talk)
    await page.until(lambda page: page.shown == ["I hear you."])
    await sync_to_async(loses)(alice, talk)
    engine.gate.set()
    closed = await page.socket.receive_output(5)
    assert (closed["type"], closed["code"]) == ("websocket.close", code)


@pytest.mark.parametrize("revision", ["²", "١", "+1", "-1", "x", "9" * 40, "%FF"])
async def test_a_silly_revision_means_from_the_start(
    talk: Any, open_page: Any, browser: Any, revision: Any
) -> None:
    page = await open_page(talk, revision=revision)
    await page.until(lambda page: bool(page.turns) and bool(page.state))


async def test_an_open_page_hears_of_the_newest_turns_only(
    talk: Any, open_page: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.conversations.selectors.CHANGES", 3)
    rows = [
        Message(conversation=talk, turn=turn, role="user", content="Hm.", revision=5)
        for turn in range(10, 20)
    ]
    await Message.objects.abulk_create(rows)
    await Conversation.objects.filter(pk=talk.pk).aupdate(revision=5)
    page = await open_page(talk, revision=4)
    await page.until(lambda page: bool(page.state))
    assert sorted(page.turns) == [17, 18, 19]
