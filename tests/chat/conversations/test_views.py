"""The chat's pages without a script: they work, teach, refuse kindly, and are private."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from chat.conversations import generation, services
from chat.conversations.forms import ConversationForm
from chat.conversations.models import Conversation, Message
from finetune.runs.assistants import assistants_for
from tests.chat.conftest import ScriptedEngine

pytestmark = pytest.mark.django_db
POSTS = ["send", "again", "stop", "vote", "rename", "assistant", "delete", "restore"]


def test_empty_page_teaches(client: Client, alice: Any, team: Any) -> None:
    client.force_login(alice)
    page = client.get("/chat/").content.decode()
    assert "Nobody to talk to yet" in page
    assert "This is an AI, not a person." in page
    assert "not a substitute for care" in page


def test_link_from_a_run_chooses_its_assistant(
    client: Client, alice: Any, tuned: Any, plain: Any
) -> None:
    client.force_login(alice)
    for name in (tuned.id, tuned.engine_name):
        page = client.get("/chat/new/", {"assistant": name}).content.decode()
        assert f'<option value="{tuned.id}" selected>' in page
    assert client.get("/chat/new/", {"assistant": "ft:no:such:x:1"}).status_code == 200


def test_page_shows_text_as_text(client: Client, alice: Any, talk: Any) -> None:
    [reply] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=reply.pk, state="done", content="<b>one</b>\n{{ two }}")
    client.force_login(alice)
    page = client.get(f"/chat/{talk.public_id}/").content.decode()
    assert "&lt;b&gt;one&lt;/b&gt;\n{{ two }}" in page
    assert "1 earlier reply" in page
    assert "style=" not in page
    assert "<script>" not in page


def test_nobody_else_finds_a_conversation(
    client: Client, alice: Any, bob: Any, charlie: Any, talk: Any
) -> None:
    for user in (bob, charlie):
        client.force_login(user)
        assert client.get(f"/chat/{talk.public_id}/").status_code == 404
        assert talk.title not in client.get("/chat/").content.decode()
        for action in POSTS:
            data = {"text": "x", "title": "x", "turn": "1", "choice": "a", "assistant": "x"}
            answer = client.post(f"/chat/{talk.public_id}/{action}/", data)
            assert answer.status_code == 404, action
    talk.refresh_from_db()
    assert talk.deleted_at is None
    assert talk.messages.count() == 2


def test_who_left_the_team_has_no_conversation_there(
    client: Client, alice: Any, bob: Any, team: Any, tuned: Any
) -> None:
    conversation, _ = services.conversation_start(
        team=team, user=bob, assistants=[tuned], text="Hello"
    )
    client.force_login(bob)
    assert client.get(f"/chat/{conversation.public_id}/").status_code == 200
    team.memberships.get(user=bob).delete()
    assert client.get(f"/chat/{conversation.public_id}/").status_code == 404


def test_stranger_is_asked_to_sign_in(client: Client, talk: Any) -> None:
    for path in ("/chat/", f"/chat/{talk.public_id}/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "/sign-in/" in answer["location"]
    assert client.post(f"/chat/{talk.public_id}/send/", {"text": "x"}).status_code == 302
    assert talk.messages.count() == 2


def test_rename_delete_and_undo(client: Client, alice: Any, talk: Any) -> None:
    client.force_login(alice)
    client.post(f"/chat/{talk.public_id}/rename/", {"title": "  Four  in the morning "})
    talk.refresh_from_db()
    assert talk.title == "Four in the morning"
    page = client.post(f"/chat/{talk.public_id}/delete/", follow=True).content.decode()
    assert "is deleted" in page
    assert "Undo" in page
    assert client.get(f"/chat/{talk.public_id}/").status_code == 404
    assert client.post(f"/chat/{talk.public_id}/send/", {"text": "x"}).status_code == 404
    back = client.post(f"/chat/{talk.public_id}/restore/", follow=True)
    assert back.status_code == 200
    assert "Four in the morning" in back.content.decode()


def test_card_comes_before_the_reply_and_knows_the_country(
    client: Client, alice: Any, talk: Any
) -> None:
    [reply] = services.message_send(conversation=talk, text="I want to die")
    services.reply_finish(message_id=reply.pk, state="done", content="I am here.")
    client.force_login(alice)
    url = f"/chat/{talk.public_id}/"
    page = client.get(url).content.decode()
    assert page.index('class="care-card"') < page.index("I am here.")
    assert "local emergency number" in page
    assert "findahelpline.com" in page
    assert page.count('href="http') == 1  # the way out, and no link in the card
    answer = client.post(reverse("chat-country"), {"country": "DE", "next": url})
    assert answer["location"] == url
    page = client.get(url).content.decode()
    assert "0800 111 0 111" in page
    assert "0800 111 0 222" in page
    assert "24/7" in page
    assert client.post(reverse("chat-country"), {"country": "FR", "next": "https://x.example/"})[
        "location"
    ] == reverse("chat")


def test_names_are_hidden_until_the_vote(
    client: Client, alice: Any, team: Any, tuned: Any, plain: Any
) -> None:
    conversation, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    services.reply_finish(message_id=replies[0].pk, state="done", content="Hello!")
    services.reply_finish(
        message_id=replies[1].pk,
        state="failed",
        error=f"{tuned.title} is broken.",
        content="Half",
        error_code="engine_error",
    )
    client.force_login(alice)
    url = f"/chat/{conversation.public_id}/"
    page = client.get(url).content.decode()
    for name in (tuned.title, plain.title, tuned.id, plain.id):
        assert name not in page
    client.post(url + "vote/", {"turn": "1", "choice": "neither"})
    page = client.get(url).content.decode()
    assert tuned.title in page
    assert plain.title in page


def test_script_gets_refusals_as_json(client: Client, alice: Any, talk: Any) -> None:
    client.force_login(alice)
    answer = client.post(
        f"/chat/{talk.public_id}/send/", {"text": " "}, headers={"x-requested-with": "fetch"}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "empty_message"
    services.message_send(conversation=talk, text="Wait")
    answer = client.post(
        f"/chat/{talk.public_id}/send/", {"text": "Now"}, headers={"x-requested-with": "fetch"}
    )
    assert answer.status_code == 409


def test_plain_form_keeps_what_was_typed(client: Client, alice: Any, tuned: Any) -> None:
    client.force_login(alice)
    data = {"assistant": tuned.id, "compare": tuned.id, "text": "My long story"}
    answer = client.post("/chat/new/", data)
    assert answer.status_code == 422
    assert "My long story" in answer.content.decode()
    assert "two different" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
async def test_plain_form_waits_for_the_reply(
    async_client: AsyncClient, alice: Any, tuned: Any, engine: ScriptedEngine
) -> None:
    await async_client.aforce_login(alice)
    answer = await async_client.post("/chat/new/", {"assistant": tuned.id, "text": "Hello"})
    assert answer.status_code == 302
    conversation = await Conversation.objects.aget()
    assert answer["location"] == f"/chat/{conversation.public_id}/#end"
    reply = await Message.objects.aget(role="assistant")
    assert (reply.state, reply.content) == ("done", "I hear you. That sounds hard.")
    assert engine.requests[0]["messages"][0] == {"role": "system", "content": "Be gentle."}
    assert engine.requests[0]["model"] == tuned.engine_name


def form_token(page: Any) -> str:
    (found,) = re.findall(r'name="form_token" value="([^"]+)"', page.content.decode())
    return str(found)


@pytest.mark.django_db(transaction=True)
async def test_a_form_that_is_sent_twice_is_one_message(
    async_client: AsyncClient, alice: Any, tuned: Any, engine: ScriptedEngine
) -> None:
    await async_client.aforce_login(alice)
    first = {"assistant": tuned.id, "text": "Hello"}
    first["form_token"] = form_token(await async_client.get("/chat/new/"))
    places = {(await async_client.post("/chat/new/", first))["location"] for _ in range(3)}
    conversation = await Conversation.objects.aget()
    url = f"/chat/{conversation.public_id}/"
    assert places == {url + "#end"}
    sent = {"text": "Yes", "form_token": form_token(await async_client.get(url))}
    for _ in range(3):
        assert (await async_client.post(url + "send/", sent)).status_code == 302
    assert await conversation.messages.filter(role="user").acount() == 2
    # A script stays on the page and gets the next token with the answer: the same words again are
    # another message, and the same request again (its answer was lost) is not.
    script = {"x-requested-with": "fetch"}
    sent["form_token"] = form_token(await async_client.get(url))
    answers = [await async_client.post(url + "send/", sent, headers=script) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await conversation.messages.filter(role="user").acount() == 3


@pytest.mark.django_db(transaction=True)
async def test_a_reply_outlives_a_database_that_takes_no_writes(
    async_client: AsyncClient,
    alice: Any,
    tuned: Any,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its text is only in memory then: saving it on the way and at its end is tried again."""
    locked = {"reply_save": 2, "reply_finish": 2}

    def fails_first(name: str) -> None:
        real = getattr(services, name)

        def held(**fields: Any) -> Any:
            if locked[name]:
                locked[name] -= 1
                raise OperationalError("database is locked")
            if name == "reply_save":
                engine.gate.set()
            return real(**fields)

        monkeypatch.setattr(services, name, held)

    for name in locked:
        fails_first(name)
    monkeypatch.setattr(generation, "SAVE_SECONDS", 0.02)
    monkeypatch.setattr(generation, "BEAT_SECONDS", 0.02)
    engine.hold = 2
    await async_client.aforce_login(alice)
    await async_client.post("/chat/new/", {"assistant": tuned.id, "text": "Hello"})
    reply = await Message.objects.aget(role="assistant")
    assert (reply.state, reply.content) == ("done", "I hear you. That sounds hard.")
    assert locked == {"reply_save": 0, "reply_finish": 0}


# -- many assistants, many conversations, long ones ------------------------------------------------


@pytest.fixture
def many(tuned: Any, team: Any) -> list[str]:
    """Fifty more assistants; their API names, newest first."""
    run = tuned.run
    for number in range(50):
        run.pk, run.public_id = None, f"ftjob-{number:024d}"
        run.name = f"Copy {number:02}" + (" of the owl" if number == 7 else "")
        run.save(force_insert=True)
    return [one.id for one in assistants_for(team) if one.run]


def options_of(page: str, select: str) -> list[str]:
    part = page.split(f'id="{select}"', 1)[1].split("</select>", 1)[0]
    return re.findall(r'<option value="([^"]*)"', part)


def test_few_assistants_need_no_search(client: Client, alice: Any, tuned: Any) -> None:
    client.force_login(alice)
    assert 'type="search"' not in client.get("/chat/new/").content.decode()


def test_many_are_searched_for_not_listed(
    client: Client, alice: Any, many: list[str], plain: Any
) -> None:
    client.force_login(alice)
    page = client.get("/chat/new/").content.decode()
    assert options_of(page, "id_assistant") == [*many[:19], plain.id]
    assert 'type="search"' in page
    assert 'form="find-form"' in page, "a search without JavaScript must not send the message"
    owl = next(name for name in many if name.endswith(f"{7:024d}"))
    for address in ("/chat/new/", "/chat/assistants/"):
        found = client.get(address, {"q": "OWL copy"}).content.decode()
        assert options_of(found, "id_assistant") == [owl]
        assert "1 found" in found
        nothing = client.get(address, {"q": "no such name"}).content.decode()
        assert options_of(nothing, "id_assistant") == []


def test_what_was_chosen_stays_a_choice_while_somebody_searches(
    client: Client, alice: Any, many: list[str]
) -> None:
    client.force_login(alice)
    oldest = many[-1]
    query = {"q": "owl", "assistant": oldest}
    page = client.get("/chat/assistants/", query).content.decode()
    assert f'<option value="{oldest}" selected>' in page
    assert len(options_of(page, "id_assistant")) == 2


def test_an_assistant_that_is_not_listed_can_be_talked_to(
    client: Client, alice: Any, many: list[str], team: Any
) -> None:
    form = ConversationForm({"assistant": many[-1], "compare": "", "text": "Hello"}, team=team)
    assert form.is_valid(), form.errors
    assert [one.id for one in form.assistants()] == [many[-1]]
    form = ConversationForm({"assistant": "ft:no:such:x:1", "text": "Hello"}, team=team)
    assert not form.is_valid()


def test_the_head_of_a_conversation_searches_too(
    client: Client, alice: Any, talk: Any, many: list[str], charlie: Any
) -> None:
    client.force_login(alice)
    page = client.get(f"/chat/{talk.public_id}/").content.decode()
    assert talk.assistant_a in options_of(page, "assistant")
    assert len(options_of(page, "assistant")) <= 21
    found = client.get("/chat/assistants/", {"conversation": talk.public_id, "q": "owl"})
    names = options_of(found.content.decode(), "assistant")
    assert len(names) == 2
    assert talk.assistant_a in names
    client.force_login(charlie)
    asked = client.get("/chat/assistants/", {"conversation": talk.public_id})
    assert asked.status_code == 404


def test_conversations_are_listed_a_page_at_a_time(client: Client, alice: Any, talk: Any) -> None:
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(
            team=talk.team, user=alice, title=f"Talk {number}", assistant_a=talk.assistant_a,
            title_a="x", updated_at=now - timedelta(minutes=number // 2),
        )
        for number in range(1, 150)
    )  # fmt: skip
    client.force_login(alice)
    seen, address = [], "/chat/"
    while address:
        page = client.get(address).content.decode()
        names = re.findall(r'data-conversation="([^"]+)"', page)
        assert len(names) <= 60
        seen += names
        older = re.search(r'href="(\?older=[^"]+)"', page)
        address = f"/chat/{older[1]}" if older else ""
    assert len(seen) == len(set(seen)) == 150


def turns_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-turn="(\d+)"', page)]


def test_a_long_talk_is_shown_from_its_end(client: Client, alice: Any, long_talk: Any) -> None:
    client.force_login(alice)
    seen: list[int] = []
    address = f"/chat/{long_talk.public_id}/"
    while address:
        page = client.get(address).content.decode()
        turns = turns_on(page)
        assert turns == sorted(turns)
        assert len(turns) <= 30
        seen = turns + seen
        earlier = re.search(r'href="(\?before=\d+)#turns"', page)
        address = f"/chat/{long_talk.public_id}/{earlier[1]}" if earlier else ""
    assert seen == list(range(1, 101))
    newest = client.get(f"/chat/{long_talk.public_id}/").content.decode()
    assert "Another reply" in newest
    assert "Another reply" not in page, "only the last turn can be tried again"


def test_long_turns_make_a_shorter_page(client: Client, alice: Any, long_talk: Any) -> None:
    long_talk.messages.filter(role="user").update(content="word " * 1_600)
    client.force_login(alice)
    page = client.get(f"/chat/{long_talk.public_id}/").content.decode()
    assert len(page) < 200_000
    assert turns_on(page)[-1] == 100
    assert "?before=" in page


def test_one_endless_turn_is_still_shown(client: Client, alice: Any, talk: Any) -> None:
    talk.messages.filter(role="user").update(content="word " * 40_000)
    client.force_login(alice)
    assert turns_on(client.get(f"/chat/{talk.public_id}/").content.decode()) == [1]


@pytest.mark.parametrize("before", ["²", "-1", "x", "9" * 40, "0", ""])
def test_a_silly_place_shows_a_page(client: Client, alice: Any, talk: Any, before: str) -> None:
    client.force_login(alice)
    address = f"/chat/{talk.public_id}/"
    assert client.get(address, {"before": before}).status_code == 200
