"""Two or three assistants side by side: chance, blindness, words, votes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.conversations import services
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Vote
from chat.conversations.selectors import turn_list_of
from chat.conversations.sides import side_name, vote_choices
from chat.conversations.votes import vote_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(team: Any, alice: Any, tuned: Any, plain: Any, quantum: Any) -> Conversation:
    conversation, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain, quantum], text="Hello"
    )
    for reply in replies:
        text = f"Hello from side {reply.side}."
        services.reply_finish(message_id=reply.pk, state="done", content=text)
    conversation.refresh_from_db()
    return conversation


def test_names_of_sides_fit_their_number() -> None:
    assert [side_name(side, 2) for side in "ab"] == ["Left", "Right"]
    assert [side_name(side, 3) for side in "abc"] == ["First", "Second", "Third"]
    assert side_name("a", 1) == ""
    assert vote_choices(1) == []
    assert dict(vote_choices(2)) == {
        "a": "Left", "b": "Right", "tie": "Both", "neither": "Neither",
    }  # fmt: skip
    assert dict(vote_choices(3)) == {
        "a": "First", "b": "Second", "c": "Third", "tie": "All", "neither": "None",
    }  # fmt: skip
    assert {value for value, _ in vote_choices(3)} == set(Vote.Choice.values)


def test_chance_decides_each_place_of_three(
    team: Any, alice: Any, tuned: Any, plain: Any, quantum: Any
) -> None:
    orders = set()
    for _ in range(60):
        talk, replies = services.conversation_start(
            team=team, user=alice, assistants=[tuned, plain, quantum], text="Hello"
        )
        assert [reply.side for reply in replies] == list(talk.sides) == ["a", "b", "c"]
        assert [reply.assistant for reply in replies] == [
            talk.assistant_a, talk.assistant_b, talk.assistant_c,
        ]  # fmt: skip
        orders.add(tuple(reply.assistant for reply in replies))
        for reply in replies:
            services.reply_finish(message_id=reply.pk, state="done", content="Hello!")
    assert len(orders) == 6  # one is missed in 60 tries once in ten thousand


def test_a_fourth_or_the_same_twice_is_refused(
    team: Any, alice: Any, tuned: Any, plain: Any, quantum: Any
) -> None:
    for wrong, words in (([tuned, plain, tuned], "different"), ([tuned] * 4, "two or three")):
        with pytest.raises(ChatRefused, match=words):
            services.conversation_start(team=team, user=alice, assistants=wrong, text="Hello")
    assert not Conversation.objects.exists()


def test_a_person_has_two_comparisons_of_three_at_a_time(
    team: Any, alice: Any, tuned: Any, plain: Any, quantum: Any
) -> None:
    everybody = [tuned, plain, quantum]
    for _ in range(2):
        services.conversation_start(team=team, user=alice, assistants=everybody, text="Hello")
    with pytest.raises(ChatRefused, match="6 at a time"):
        services.conversation_start(team=team, user=alice, assistants=[tuned], text="Hello")


def test_three_are_blind_until_the_vote(
    client: Client, alice: Any, three: Conversation, tuned: Any, plain: Any, quantum: Any
) -> None:
    client.force_login(alice)
    url = f"/chat/{three.public_id}/"
    page = client.get(url).content.decode()
    for assistant in (tuned, plain, quantum):
        assert assistant.title not in page
        assert assistant.id not in page
    assert 'class="replies three"' in page
    for name in ("First", "Second", "Third"):
        assert f'aria-label="Reply of {name}"' in page
    assert "Three assistants side by side" in page
    assert "Left" not in page
    client.post(url + "vote/", {"turn": "1", "choice": "c"})
    vote = Vote.objects.get()
    assert (vote.choice, vote.blind) == ("c", True)
    assert {vote.assistant_a, vote.assistant_b, vote.assistant_c} == {
        tuned.id, plain.id, quantum.id,
    }  # fmt: skip
    page = client.get(url).content.decode()
    assert f"Third: <bdi>{three.title_c}</bdi>" in page
    assert f'aria-label="Reply of Third: {three.title_c}"' in page


def test_no_vote_before_the_third_has_answered(
    team: Any, alice: Any, tuned: Any, plain: Any, quantum: Any
) -> None:
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain, quantum], text="Hello"
    )
    for reply in replies[:2]:
        services.reply_finish(message_id=reply.pk, state="done", content="Hello!")
    assert not turn_list_of(talk)[0].can_vote
    with pytest.raises(ChatRefused, match="Wait for all"):
        vote_cast(conversation=talk, turn=1, choice="a")
    services.reply_finish(message_id=replies[2].pk, state="done", content="")
    assert not turn_list_of(talk)[0].can_vote


def test_the_form_offers_a_third(
    client: Client, alice: Any, tuned: Any, plain: Any, quantum: Any
) -> None:
    client.force_login(alice)
    page = client.get("/chat/new/", {"assistant": tuned.id, "third": quantum.id}).content.decode()
    assert 'name="third"' in page
    assert page.count(f'<option value="{quantum.id}" selected>') == 1
    data = {"assistant": tuned.id, "compare": plain.id, "third": tuned.id, "text": "My story"}
    answer = client.post("/chat/new/", data)
    assert answer.status_code == 422
    assert "My story" in answer.content.decode()


def test_no_third_to_choose_among_two(client: Client, alice: Any, tuned: Any, plain: Any) -> None:
    client.force_login(alice)
    page = client.get("/chat/new/").content.decode()
    assert 'name="compare"' in page
    assert 'name="third"' not in page
