"""Where a reply is read as markdown: once it has ended, and only what an assistant wrote."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.conversations import services
from tests.chat.conftest import ScriptedEngine

pytestmark = pytest.mark.django_db
WRITTEN = "Two things:\n\n1. **Sleep**\n2. A walk"


def page_of(client: Client, talk: Any) -> str:
    return client.get(f"/chat/{talk.public_id}/").content.decode()


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def test_a_reply_is_plain_while_it_is_written_and_formatted_when_it_has_ended(
    hers: Client, talk: Any
) -> None:
    [reply] = services.message_send(conversation=talk, text="What helps?")
    services.reply_save(message_id=reply.pk, content=WRITTEN)
    page = page_of(hers, talk)
    assert f'data-text dir="auto">{WRITTEN}</div>' in page
    assert "<strong>Sleep" not in page
    services.reply_finish(message_id=reply.pk, state="done", content=WRITTEN)
    page = page_of(hers, talk)
    assert "<li><strong>Sleep</strong></li>" in page
    assert f'data-source="{WRITTEN}"' in page, "what the copy button takes"


@pytest.mark.parametrize("state", ["stopped", "interrupted", "failed"])
def test_a_reply_that_was_cut_off_is_formatted_too(hers: Client, talk: Any, state: str) -> None:
    [reply] = services.message_send(conversation=talk, text="What helps?")
    services.reply_finish(message_id=reply.pk, state=state, content="*Rest* and **a wal")
    assert "<p><em>Rest</em> and **a wal</p>" in page_of(hers, talk)


def test_a_person_and_the_library_are_shown_as_they_wrote(hers: Client, talk: Any) -> None:
    [reply] = services.message_send(conversation=talk, text="**me** <b>\n1. one")
    services.reply_finish(
        message_id=reply.pk, state="done", content="* I am **here**.", writer="library"
    )
    page = page_of(hers, talk)
    assert 'dir="auto">**me** &lt;b&gt;\n1. one</div>' in page
    assert 'data-text dir="auto">* I am **here**.</div>' in page


def test_earlier_replies_and_both_sides_are_formatted(
    hers: Client, alice: Any, team: Any, tuned: Any, plain: Any
) -> None:
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    for number, reply in enumerate(replies):
        services.reply_finish(message_id=reply.pk, state="done", content=f"*side {number}*")
    [again] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=again.pk, state="done", content="*again*")
    page = page_of(hers, talk)
    for words in ("side 0", "side 1", "again"):
        assert f"<em>{words}</em>" in page


def test_the_page_keeps_to_its_policy(hers: Client, talk: Any) -> None:
    [reply] = services.reply_again(conversation=talk, side="a")
    text = "| a | b |\n|:-:|--:|\n| <img src=x onerror=alert(1)> | ![x](https://e.org/x.png) |"
    services.reply_finish(message_id=reply.pk, state="done", content=text)
    answer = hers.get(f"/chat/{talk.public_id}/")
    page = answer.content.decode()
    assert "<td>&lt;img" in page
    for forbidden in ("style=", "<img src=x", 'src="https://e.org'):
        assert forbidden not in page
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
async def test_an_open_page_gets_the_formatted_reply_when_it_has_ended(
    async_client: Any, alice: Any, talk: Any, engine: ScriptedEngine, valkey: str
) -> None:
    from tests.chat.conversations.test_consumers import Page

    engine.pieces = ["You **are** here. ", "*Stay* a while."]
    await async_client.aforce_login(alice)
    page = await Page(alice, talk.public_id).open()
    await async_client.post(
        f"/chat/{talk.public_id}/send/", {"text": "Hi"}, headers={"x-requested-with": "fetch"}
    )
    await page.until(lambda page: page.at_rest())
    await page.close()
    streamed = "".join(frame for frame in page.frames if '"type": "text"' in frame)
    assert "<" not in streamed
    assert "<p>You <strong>are</strong> here. <em>Stay</em> a while.</p>" in page.turns[2]
