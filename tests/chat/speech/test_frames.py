"""Not one word of a held sentence is in any frame, row or log, however a reply is asked for."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from itertools import cycle
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from chat.conversations.models import Conversation, Message
from chat.policy.models import SafetyEntry
from chat.safety.levels import Level
from chat.safety.library.replies import replies_in
from tests.chat.conversations.test_consumers import FETCH, Page, act
from tests.chat.speech.sentences import leaked, sentences_of
from tests.doubles.speaking_engine import SpeakingEngine

pytestmark = pytest.mark.django_db(transaction=True)
UNSAFE, GOOD = sentences_of("en")
HARMLESS = " ".join(words.text for words in replies_in("en")) + " ".join(GOOD)
REQUESTS = -(-len(UNSAFE) // 8)  # of four replies, each with an unsafe sentence in two drafts
ASKED = "I had a long day and nobody to tell."


def speaks(engine: SpeakingEngine, unsafe: dict[str, str]) -> list[str]:
    """Each first draft says a good sentence and an unsafe one, each new draft another unsafe one.

    Returns the sentences that are said, in their order, as they are.
    """
    engine.unsafe = unsafe
    good, bad = cycle(["It sounds as if today was hard.", "You kept going."]), cycle(unsafe)
    said: list[str] = []

    def next_bad() -> str:
        said.append(next(bad))
        return said[-1]

    def script(body: dict[str, Any]) -> list[str]:
        if body.get("continue_final_message"):
            return [f" {next_bad()} And more of it."]
        return [f"{next(good)} {next_bad()} And more." for _ in range(body.get("n") or 1)]

    engine.script = script
    return said


def rows() -> str:
    """Every row that a reply could have come into."""
    texts = [json.dumps(list(model.objects.values()), default=str, ensure_ascii=False)
             for model in (Message, Conversation, SafetyEntry)]  # fmt: skip
    return "\n".join(texts)


async def check(said: list[str], seen: str, caplog: pytest.LogCaptureFixture) -> None:
    assert len(said) > 20
    assert not leaked(said, seen, HARMLESS)
    assert not leaked(said, await sync_to_async(rows)(), HARMLESS)
    assert not leaked(said, caplog.text, HARMLESS)


@pytest.fixture
async def secret(alice: Any, team: Any, valkey: str) -> str:
    from finetune.teams.keys.services import key_create

    _, secret = await sync_to_async(key_create)(team=team, user=alice, name="tests")
    return secret


@pytest.fixture
async def ask(async_client: AsyncClient, secret: str) -> Callable[..., Any]:
    async def asking(model: str, **fields: Any) -> Any:
        body = {"model": model, "messages": [{"role": "user", "content": ASKED}], **fields}
        return await async_client.post(
            "/v1/chat/completions",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"},
        )

    return asking


@pytest.fixture
async def page(talk: Any, alice: Any, valkey: str) -> AsyncIterator[Page]:
    opened = await Page(alice, talk.public_id).open()
    yield opened
    await opened.close()


async def test_rest(
    speaker: SpeakingEngine, tuned: Any, ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = speaks(speaker, UNSAFE)
    seen = ""
    for _ in range(REQUESTS):
        answer = await ask(tuned.id, n=4, max_tokens=300)
        seen += answer.content.decode()
        body = answer.json()
        assert {choice["finish_reason"] for choice in body["choices"]} == {"content_filter"}
        for choice, result in zip(
            body["choices"], body["moderation"]["output"]["results"], strict=True
        ):
            assert len(result["held"]) == 2, "one draft and one new one"
            (reviewed,) = result["reviewed"]
            words = next(one for one in replies_in("en") if one.id == reviewed["id"])
            assert choice["message"]["content"].endswith(words.text)
    assert set(said) == set(UNSAFE)
    await check(said, seen, caplog)


async def test_server_sent_events(
    speaker: SpeakingEngine, tuned: Any, ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = speaks(speaker, UNSAFE)
    seen = b""
    for _ in range(REQUESTS):
        answer = await ask(tuned.id, n=4, max_tokens=300, stream=True)
        seen += b"".join([chunk async for chunk in answer.streaming_content])
    assert seen.count(b"data: [DONE]") == REQUESTS
    assert seen.count(b'"content_filter"') == 4 * REQUESTS
    await check(said, seen.decode(), caplog)


async def test_the_websocket_and_the_page(
    speaker: SpeakingEngine, talk: Any, page: Page, browser: AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    said = speaks(speaker, UNSAFE)
    for count in range(1, 16):
        await act(browser, talk, "again", side="a")
        words = f"{count} earlier"
        await page.until(
            lambda page, words=words: words in page.turns.get(1, "") and page.at_rest(1), 30
        )
    seen = "".join(page.frames)
    answer = await browser.get(f"/chat/{talk.public_id}/")
    await check(said, seen + answer.content.decode(), caplog)
    replies = [row async for row in talk.messages.filter(side="a").exclude(reviewed_id="")]
    assert len(replies) == 15
    assert {reply.error_code for reply in replies} == {"content_filter"}
    assert {reply.writer for reply in replies} == {"assistant"}
    one, other = replies[-2:]
    assert one.reviewed_id != other.reviewed_id, "never the same words twice in a row"
    held = [entry async for entry in SafetyEntry.objects.filter(action="held")]
    assert len(held) == 30
    assert {entry.source for entry in held} <= set(UNSAFE.values())


async def test_the_plain_form(
    speaker: SpeakingEngine, talk: Any, browser: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = speaks(speaker, UNSAFE)
    seen = ""
    for count in range(12):
        answer = await browser.post(
            f"/chat/{talk.public_id}/send/", {"text": f"Work, day {count}."}, follow=True
        )
        seen += answer.content.decode()
        assert 'data-state="streaming"' not in seen
    await check(said, seen, caplog)


async def test_good_sentences_leave_by_every_way(
    speaker: SpeakingEngine, tuned: Any, talk: Any, ask: Any, browser: AsyncClient
) -> None:
    """The plumbing loses nothing: what the gate lets through arrives whole and in order."""
    passed: list[str] = []
    for sentence in GOOD[:60]:
        speaker.script = lambda body, sentence=sentence: [sentence]
        answer = (await ask(tuned.id, max_tokens=300)).json()
        if answer["choices"][0]["finish_reason"] == "stop":
            assert answer["choices"][0]["message"]["content"] == sentence
            passed.append(sentence)
    assert len(passed) >= 57
    text = "\n\n".join(passed[:5])
    speaker.script = lambda body: [text]
    stream = await ask(tuned.id, max_tokens=3000, stream=True)
    events = b"".join([chunk async for chunk in stream.streaming_content]).decode()
    chunks = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: {")]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == text
    await browser.post(f"/chat/{talk.public_id}/send/", {"text": "Work."})
    reply = await talk.messages.filter(role="assistant").alast()
    assert reply.content == text


async def test_a_page_is_told_at_once_that_a_reply_is_being_written(
    speaker: SpeakingEngine, talk: Any, page: Page, browser: AsyncClient
) -> None:
    """Before the first sentence is judged there is an empty piece, and no word."""
    speaker.drafts = [["It sounds as if today was hard. What happened?"]]
    speaker.holds_at = 3
    await browser.post(f"/chat/{talk.public_id}/send/", {"text": "Work."}, headers=FETCH)
    await page.until(lambda page: page.shown == [""])
    speaker.gate.set()
    await page.until(lambda page: page.at_rest())
    assert "What happened?" in page.turns[2]


async def test_comments_keep_a_stream_alive_while_a_sentence_is_held(
    speaker: SpeakingEngine, tuned: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.speech.drafts.ALIVE_SECONDS", 0.05)
    speaker.holds_at = 3
    answer = await ask(tuned.id, stream=True)
    asyncio.get_running_loop().call_later(0.5, speaker.gate.set)
    events = b"".join([chunk async for chunk in answer.streaming_content]).decode()
    assert events.count(": writing\n\n") > 3
    assert events.endswith("data: [DONE]\n\n")


async def test_who_closes_a_stream_stops_the_engine(
    speaker: SpeakingEngine, tuned: Any, ask: Any
) -> None:
    speaker.drafts = [["It sounds as if today was hard. " * 400]]
    speaker.pause = 0.005
    answer = await ask(tuned.id, stream=True, max_tokens=9000)
    begun = asyncio.Event()

    async def read() -> None:
        async for chunk in answer.streaming_content:
            if b"today" in chunk:
                begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()  # what the server does when a client is gone
    async with asyncio.timeout(10):
        while not speaker.closed:
            await asyncio.sleep(0.05)


async def test_stop_keeps_what_was_released(
    speaker: SpeakingEngine, talk: Any, page: Page, browser: AsyncClient
) -> None:
    speaker.unsafe = UNSAFE
    bad = next(iter(UNSAFE))
    speaker.drafts = [[f"You kept going. {bad}"]]
    speaker.holds_at = 6
    await browser.post(f"/chat/{talk.public_id}/send/", {"text": "Work."}, headers=FETCH)
    await page.until(lambda page: "You kept going." in "".join(page.shown))
    await act(browser, talk, "stop")
    await page.until(lambda page: page.at_rest())
    reply = await talk.messages.filter(role="assistant").alast()
    assert reply.state == "stopped"
    assert reply.content == "You kept going."


# -- two assistants side by side ------------------------------------------------------------------


@pytest.fixture
async def compared(browser: AsyncClient, tuned: Any, plain: Any) -> Callable[[str], Any]:
    async def comparing(text: str) -> Conversation:
        data = {"assistant": tuned.id, "compare": plain.id, "text": text}
        await browser.post("/chat/new/", data)
        return await Conversation.objects.alatest("pk")

    return comparing


async def test_a_person_in_danger_sees_one_text_and_is_asked_for_no_vote(
    speaker: SpeakingEngine, compared: Any, browser: AsyncClient
) -> None:
    talk = await compared("I want to kill myself.")
    replies = [row async for row in talk.messages.filter(role="assistant")]
    assert len({reply.content for reply in replies}) == 1
    assert {reply.writer for reply in replies} == {"library"}
    html = (await browser.get(f"/chat/{talk.public_id}/")).content.decode()
    assert html.count('class="reply"') == 1
    assert "Which reply would help you more?" not in html
    assert "Reviewed reply" in html
    vote = {"turn": "1", "choice": "a"}
    answer = await browser.post(f"/chat/{talk.public_id}/vote/", vote, headers=FETCH)
    assert answer.status_code == 422
    await browser.post(f"/chat/{talk.public_id}/again/", {"side": "b"})
    newest = [
        await talk.messages.filter(role="assistant", side=side).alast() for side in ("a", "b")
    ]
    assert newest[0].content == newest[1].content != replies[0].content
    assert speaker.requests == []


async def test_of_three_assistants_a_person_in_danger_sees_one_text_too(
    speaker: SpeakingEngine, browser: AsyncClient, tuned: Any, plain: Any, quantum: Any
) -> None:
    data = {"assistant": tuned.id, "compare": plain.id, "third": quantum.id}
    await browser.post("/chat/new/", {**data, "text": "It rained all day."})
    talk = await Conversation.objects.alatest("pk")
    assert {request["model"] for request in speaker.requests} == {
        one.engine_name for one in (tuned, plain, quantum)
    }
    await browser.post(f"/chat/{talk.public_id}/send/", {"text": "I want to kill myself."})
    replies = [row async for row in talk.messages.filter(role="assistant", turn=2)]
    assert [reply.side for reply in replies] == ["a", "b", "c"]
    assert len({reply.content for reply in replies}) == 1
    assert {reply.writer for reply in replies} == {"library"}
    assert len(speaker.requests) == 3
    await browser.post(f"/chat/{talk.public_id}/again/", {"side": "c"})
    again = [row async for row in talk.messages.filter(turn=2, variant=2)]
    assert [reply.side for reply in again] == ["a", "b", "c"]
    html = (await browser.get(f"/chat/{talk.public_id}/")).content.decode()
    assert html.count('class="reply"') == 3 + 1
    assert html.count("Which reply would help you most?") == 1
    answer = await browser.post(
        f"/chat/{talk.public_id}/vote/", {"turn": "2", "choice": "c"}, headers=FETCH
    )
    assert answer.status_code == 422


async def test_who_was_in_danger_elsewhere_has_one_text_here_too(
    speaker: SpeakingEngine, compared: Any, browser: AsyncClient
) -> None:
    talk = await compared("Hello")
    assert len(speaker.requests) == 2
    await compared("I want to kill myself.")
    await browser.post(f"/chat/{talk.public_id}/again/", {"side": "a"})
    newest = [
        await talk.messages.filter(role="assistant", side=side).alast() for side in ("a", "b")
    ]
    assert newest[0].content == newest[1].content
    assert {reply.writer for reply in newest} == {"library"}
    assert len(speaker.requests) == 2


async def test_the_library_answers_where_the_assistant_is_gone(
    speaker: SpeakingEngine, talk: Any, browser: AsyncClient
) -> None:
    """A person in danger is not told that an assistant was deleted."""
    await Conversation.objects.filter(pk=talk.pk).aupdate(assistant_a="ft:base:gone:x:1")
    await browser.post(f"/chat/{talk.public_id}/send/", {"text": "Work."})
    plain = await talk.messages.filter(role="assistant").alast()
    assert (plain.state, plain.error_code) == ("failed", "assistant_gone")
    await browser.post(f"/chat/{talk.public_id}/send/", {"text": "I want to kill myself."})
    grave = await talk.messages.filter(role="assistant").alast()
    assert (grave.state, grave.writer) == ("done", "library")
    assert grave.content


async def test_no_vote_where_reviewed_words_stand_in_for_one_side(
    speaker: SpeakingEngine, compared: Any, browser: AsyncClient, tuned: Any
) -> None:
    bad = next(iter(UNSAFE))
    speaker.unsafe = UNSAFE
    speaker.script = lambda body: [bad if body["model"] == tuned.engine_name else "I hear you."]
    talk = await compared("Hello")
    replies = [row async for row in talk.messages.filter(role="assistant")]
    assert {reply.writer for reply in replies} == {"library", "assistant"}
    html = (await browser.get(f"/chat/{talk.public_id}/")).content.decode()
    assert html.count('class="reply"') == 2
    assert "Which reply would help you more?" not in html


async def test_a_raised_reply_ends_with_a_question_and_counts_as_the_assistants(
    speaker: SpeakingEngine, talk: Any, browser: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.policy import notice
    from chat.safety.detection import Finding

    def found(text: str, *_: Any, **rest: Any) -> Finding:
        return Finding(Level.RAISED, "suicide", "head") if "all for" in text else Finding()

    monkeypatch.setattr(notice, "read", found)
    monkeypatch.setattr("chat.policy.decision.read", found)
    speaker.drafts = [["It sounds as if today was hard."]]
    send = f"/chat/{talk.public_id}/send/"
    await browser.post(send, {"text": "What is it all for."})
    assert (await talk.messages.filter(role="assistant").alast()).writer == "library"
    monkeypatch.setattr("chat.policy.decision.is_fresh", lambda *_: False)  # an hour later
    await browser.post(send, {"text": "It rained all day."})
    reply = await talk.messages.filter(role="assistant").alast()
    assert reply.writer == "assistant"
    words = next(one for one in replies_in("en") if one.id == reply.reviewed_id)
    assert words.kind == "question"
    assert reply.content == f"It sounds as if today was hard.\n\n{words.text}"
    assert not reply.card_key, "the library's question calls for no card of its own"


async def test_words_of_risk_leave_the_title_when_only_the_judge_has_seen_them(
    speaker: SpeakingEngine, browser: AsyncClient, tuned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.safety.detection import Finding

    found = Finding(Level.HIGH, "suicide", "head")
    monkeypatch.setattr("chat.policy.decision.read", lambda text, history, **rest: found)
    await browser.post("/chat/new/", {"assistant": tuned.id, "text": "Blue owls say goodbye."})
    talk = await Conversation.objects.alatest("pk")
    assert talk.title == "A hard moment"
