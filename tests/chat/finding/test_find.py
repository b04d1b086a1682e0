"""Searching: one's own words alone, marked and escaped, with a way to the place."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chat.conversations import services
from chat.conversations.models import Conversation, Message
from chat.finding.selectors import PLACES, TALKS, TURNS, talks_found
from chat.finding.words import Sought

pytestmark = pytest.mark.django_db
FIND = "/chat/find/"


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def find(client: Client, words: str, **fields: str) -> str:
    return client.post(FIND, {"words": words, **fields}).content.decode()


def places(page: str) -> list[str]:
    return re.findall(r'href="(/chat/[^"]+/at/\d+/)"', page)


def talks_made(talk: Any, number: int, text: str) -> list[Conversation]:
    now = timezone.now()
    made = Conversation.objects.bulk_create(
        Conversation(
            team=talk.team, user=talk.user, title=f"Talk {age}", assistant_a=talk.assistant_a,
            title_a="x", updated_at=now - timedelta(minutes=age),
        )
        for age in range(1, number + 1)
    )  # fmt: skip
    Message.objects.bulk_create(
        Message(conversation=one, turn=1, role="user", content=text) for one in made
    )
    return made


def test_words_replies_and_names_are_found_and_marked(hers: Client, talk: Any, tuned: Any) -> None:
    page = find(hers, "WAK")
    assert places(page) == [f"/chat/{talk.public_id}/at/1/"] * 2
    assert "keep <mark>wak</mark>ing up" in page
    assert "What <mark>wak</mark>es you?" in page
    assert f"<bdi>{tuned.title}</bdi>" in page
    assert "<bdi>You</bdi>" in page
    services.conversation_rename(conversation=talk, title="Nights and rent")
    page = find(hers, "rent")
    assert "Nights and <mark>rent</mark>" in page
    assert places(page) == []
    assert "1 conversation<" in page


@pytest.mark.parametrize("words", ["失眠", "眠很久", "抑郁", "ÜBER", "über", "ПРИВЕТ", "100%", "_"])
def test_other_scripts_and_signs(hers: Client, talk: Any, words: str) -> None:
    services.message_send(
        conversation=talk, text="我失眠很久了，很抑鬱。 Über alles, привет 100% _"
    )
    page = find(hers, words)
    assert len(places(page)) == 1
    assert "<mark>" in page


def test_a_sign_of_a_pattern_is_a_sign(hers: Client, talk: Any) -> None:
    for words in ("%", "_", "wak%up", ".*", "\\"):
        assert "Nothing holds" in find(hers, words)


def test_what_was_written_is_shown_as_text(hers: Client, talk: Any) -> None:
    hostile = '<script>alert(1)</script> <img src=x onerror="needle">'
    services.message_send(conversation=talk, text=hostile)
    services.conversation_rename(conversation=talk, title="<b>needle</b>")
    for words in ("needle", "<script>", "onerror"):
        for extra in ({}, {"beside": "yes"}):
            headers = {"hx-request": "true"} if extra else {}
            answer = hers.post(FIND, {"words": words, **extra}, headers=headers)
            page = answer.content.decode()
            assert "<mark>" in page
            assert "<img src=x" not in page
            assert "<script>alert" not in page
            assert "<b>needle" not in page
    assert "&lt;b&gt;<mark>needle</mark>&lt;/b&gt;" in find(hers, "needle")
    assert 'value="&quot;&gt;&lt;i&gt;"' in find(hers, '"><i>')


def test_only_ones_own_and_only_what_is_there(
    client: Client, alice: Any, bob: Any, talk: Any, team: Any, tuned: Any
) -> None:
    other, _ = services.conversation_start(
        team=team, user=bob, assistants=[tuned], text="I keep waking too"
    )
    hidden = talks_made(talk, 1, "waking in a deleted one")[0]
    services.conversation_delete(conversation=hidden)
    [reply] = services.message_send(conversation=talk, text="And then?")
    services.reply_save(message_id=reply.pk, content="waking, still being written")
    client.force_login(alice)
    page = find(client, "waking")
    assert places(page) == [f"/chat/{talk.public_id}/at/1/"]
    for name in (other.public_id, hidden.public_id):
        assert name not in page
        assert client.post(FIND, {"words": "waking", "talk": name}).status_code == 404
    assert places(find(client, "waking", after=other.public_id)) == places(page)
    alice.memberships.get(team=team).delete()
    assert places(find(client, "waking")) == []


def test_a_visitor_finds_the_visits_own(settings: Any, team: Any, bob: Any, tuned: Any) -> None:
    settings.ANONYMOUS_CHAT = True
    talk, _ = services.conversation_start(
        team=team, user=bob, assistants=[tuned], text="rain again", anonymous=True
    )
    team.memberships.get(user=bob).delete()
    assert [one.talk for one in talks_found(bob, Sought.read("rain")).talks] == [talk]
    settings.ANONYMOUS_CHAT = False
    assert talks_found(bob, Sought.read("rain")).talks == []


def test_names_of_a_comparison_stay_hidden(
    hers: Client, alice: Any, team: Any, tuned: Any, plain: Any
) -> None:
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello rain"
    )
    for number, reply in enumerate(replies):
        services.reply_finish(message_id=reply.pk, state="done", content=f"Rain {number}.")
    page = find(hers, "rain")
    assert "<bdi>Left</bdi>" in page
    assert "<bdi>Right</bdi>" in page
    assert tuned.title not in page
    assert "Nothing holds" in find(hers, tuned.title)


def test_the_same_reviewed_reply_on_both_sides_is_one_place(
    hers: Client, alice: Any, team: Any, tuned: Any, plain: Any
) -> None:
    _, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    for reply in replies:
        services.reply_finish(
            message_id=reply.pk, state="done", content="I am here.", writer="library"
        )
    page = find(hers, "i am here")
    assert len(places(page)) == 1
    assert "<bdi>Reviewed reply</bdi>" in page


def test_an_earlier_reply_says_so(hers: Client, talk: Any) -> None:
    [again] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=again.pk, state="done", content="Tell me.")
    assert ", in an earlier reply" in find(hers, "wakes you")
    assert ", in an earlier reply" not in find(hers, "tell me")


# -- pages of results -----------------------------------------------------------------------------


def again(page: str, button: str) -> dict[str, str]:
    """What the form with this button sends."""
    forms = re.findall(r"<form.*?</form>", page, re.S)
    form = next(one for one in forms if button in one and "<input" in one and "role=" not in one)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def test_many_conversations_come_a_page_at_a_time(hers: Client, talk: Any) -> None:
    made = talks_made(talk, 130, "rain again")
    seen: list[str] = []
    fields: dict[str, str] | None = {"words": "rain"}
    while fields:
        page = hers.post(FIND, fields).content.decode()
        assert len(places(page)) <= TALKS
        seen += places(page)
        fields = again(page, "Show more") if "Show more" in page else None
    assert seen == [f"/chat/{one.public_id}/at/1/" for one in made]


def test_a_rare_word_behind_many_conversations_is_found(hers: Client, talk: Any) -> None:
    made = talks_made(talk, 900, "rain again")
    Message.objects.filter(conversation=made[-1]).update(content="a hedgehog")
    assert places(find(hers, "hedgehog")) == [f"/chat/{made[-1].public_id}/at/1/"]


def test_all_places_of_one_conversation(hers: Client, talk: Any) -> None:
    number = PLACES + TURNS + 5
    Message.objects.bulk_create(
        Message(conversation=talk, turn=turn, role="user", content="rain")
        for turn in range(2, number + 2)
    )
    page = find(hers, "rain")
    assert len(places(page)) == PLACES
    assert f"({number - PLACES} more)" in page
    seen: list[str] = []
    fields: dict[str, str] | None = again(page, "All places")
    while fields:
        page = hers.post(FIND, fields).content.decode()
        seen += places(page)
        fields = again(page, "Show more") if "Show more" in page else None
    assert seen == [f"/chat/{talk.public_id}/at/{turn}/" for turn in range(2, number + 2)]


# -- to the place ---------------------------------------------------------------------------------


def shows(client: Client, talk: Any, turn: int) -> str:
    """Follow the link of a place; the address, when the page holds the turn."""
    address = client.get(f"/chat/{talk.public_id}/at/{turn}/")["location"]
    assert address.endswith(f"#turn-{turn}")
    assert f'id="turn-{turn}"' in client.get(address).content.decode()
    return str(address)


def test_a_place_is_on_the_page_that_it_leads_to(hers: Client, long_talk: Any) -> None:
    assert "before" not in shows(hers, long_talk, 99)
    for turn in (1, 2, 40, 70):
        assert "before=" in shows(hers, long_talk, turn)
    [link] = places(find(hers, "assistant 40"))
    assert link == f"/chat/{long_talk.public_id}/at/40/"


def test_a_place_among_endless_turns_is_shown_too(hers: Client, long_talk: Any) -> None:
    long_talk.messages.filter(role="user").update(content="word " * 15_000)
    for turn in (1, 50, 98):
        shows(hers, long_talk, turn)


@pytest.mark.parametrize("turn", ["0", "2", "-1", "x", "²", "9" * 40])
def test_no_such_place(hers: Client, talk: Any, turn: str) -> None:
    assert hers.get(f"/chat/{talk.public_id}/at/{turn}/").status_code == 404


def test_nobody_else_is_led_there(client: Client, bob: Any, talk: Any) -> None:
    client.force_login(bob)
    assert client.get(f"/chat/{talk.public_id}/at/1/").status_code == 404


# -- the form -------------------------------------------------------------------------------------


def test_the_page_and_the_list_ask_by_post_and_keep_no_words(
    hers: Client, talk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (FIND, f"/chat/{talk.public_id}/", "/chat/"):
        page = hers.get(path).content.decode()
        forms = re.findall(r'<form[^>]*action="/chat/find/"[^>]*>', page)
        assert forms, path
        assert all('method="post"' in form for form in forms)
    with caplog.at_level(logging.DEBUG, "django.request"):
        answer = hers.post(FIND, {"words": "hedgehog"})
    assert "no-store" in answer["Cache-Control"]
    assert "hedgehog" not in caplog.text
    page = hers.get(FIND, {"words": "hedgehog"}).content.decode()
    assert "hedgehog" not in re.sub(r'<input type="hidden" name="next"[^>]*>', "", page)  # address
    assert "hedgehog" not in str(dict(hers.session))


def test_fragments(hers: Client, talk: Any) -> None:
    headers = {"hx-request": "true"}
    part = hers.post(FIND, {"words": "waking"}, headers=headers).content.decode()
    assert "<html" not in part
    assert '<div id="found"' in part
    assert 'id="found-line" role="status" hx-swap-oob="true"' in part
    beside = hers.post(FIND, {"words": "waking", "beside": "yes"}, headers=headers)
    assert '<ul class="beside-list">' in beside.content.decode()
    assert 'id="find-line" role="status" hx-swap-oob="true"' in beside.content.decode()
    empty = hers.post(FIND, {"words": " ", "beside": "yes"}, headers=headers).content.decode()
    assert "<li>" not in empty


def test_too_much_is_refused_kindly(hers: Client) -> None:
    page = find(hers, "x" * 101)
    assert "100 characters at most" in page


def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert "/sign-in/" in client.post(FIND, {"words": "x"})["location"]


@pytest.mark.parametrize("after", ["", "x", "conv-1", "-1", "9" * 40])
def test_silly_pages(hers: Client, talk: Any, after: str) -> None:
    for extra in ({}, {"talk": talk.public_id}):
        assert hers.post(FIND, {"words": "up", "after": after, **extra}).status_code == 200


def test_pages_cost_few_queries(
    hers: Client, talk: Any, django_assert_max_num_queries: Any
) -> None:
    talks_made(talk, 400, "rain again")
    with django_assert_max_num_queries(20):
        assert len(places(find(hers, "rain"))) == TALKS
