"""Writing conversations: nothing is lost, nothing is written twice, refusals say why."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.branches.services import versions_restore
from chat.conversations import services
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Message, Vote
from chat.conversations.selectors import turn_list_of
from chat.conversations.votes import vote_cast
from chat.privacy.services import country_choose

pytestmark = pytest.mark.django_db


def test_title_comes_from_the_first_words() -> None:
    assert services.title_from("  Hello\nthere ") == "Hello there"
    long = services.title_from("I keep waking up at four in the morning and I worry about my work")
    assert len(long) <= services.TITLE_LENGTH
    assert long.endswith("…")
    assert services.title_from("词" * 100) == "词" * 59 + "…"


@pytest.mark.parametrize(
    ("text", "code"),
    [("  \n", "empty_message"), ("\0", "empty_message"), ("x" * 8001, "message_too_long")],
)
def test_what_cannot_be_sent_is_refused(talk: Any, text: str, code: str) -> None:
    with pytest.raises(ChatRefused) as refusal:
        services.message_send(conversation=talk, text=text)
    assert refusal.value.code == code
    assert talk.messages.count() == 2


def test_one_reply_at_a_time_in_a_conversation(talk: Any) -> None:
    services.message_send(conversation=talk, text="Work.")
    with pytest.raises(ChatRefused, match="being written"):
        services.message_send(conversation=talk, text="And more.")
    with pytest.raises(ChatRefused, match="being written"):
        services.reply_again(conversation=talk, side="a")


def test_replies_of_a_person_are_bounded(team: Any, alice: Any, tuned: Any) -> None:
    def start(text: str) -> None:
        services.conversation_start(team=team, user=alice, assistants=[tuned], text=text)

    for number in range(services.REPLIES_PER_PERSON):
        start(f"{number}")
    with pytest.raises(ChatRefused) as refusal:
        start("one too many")
    assert refusal.value.code == "too_many_replies"
    assert Conversation.objects.count() == services.REPLIES_PER_PERSON  # all or nothing


def test_reply_is_finished_once(talk: Any) -> None:
    [reply] = services.reply_again(conversation=talk, side="a")
    assert services.reply_save(message_id=reply.pk, content="So")
    assert services.reply_finish(message_id=reply.pk, state="stopped", content="So far")
    assert not services.reply_finish(message_id=reply.pk, state="done", content="Too late")
    assert not services.reply_save(message_id=reply.pk, content="Too late")
    reply.refresh_from_db()
    assert (reply.state, reply.content) == ("stopped", "So far")


def test_earlier_variants_are_kept(talk: Any) -> None:
    [reply] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=reply.pk, state="done", content="Tell me more.")
    [turn] = turn_list_of(talk)
    assert turn.places[0].reply.content == "Tell me more."
    assert [one.content for one in turn.places[0].earlier] == ["What wakes you?"]


def test_dead_process_leaves_an_interrupted_reply_with_its_text(talk: Any) -> None:
    [reply] = services.reply_again(conversation=talk, side="a")
    services.reply_save(message_id=reply.pk, content="Half of")
    assert services.replies_reap(conversation=talk) == 0
    Message.objects.filter(pk=reply.pk).update(beat_at=timezone.now() - timedelta(minutes=1))
    assert services.replies_reap(conversation=talk, alive=[reply.pk]) == 0
    assert services.replies_reap(conversation=talk) == 1
    reply.refresh_from_db()
    assert (reply.state, reply.content) == ("interrupted", "Half of")
    assert "restarted" in reply.error


def test_risk_is_kept_with_the_message_and_shown_once_above_the_reply(talk: Any) -> None:
    services.message_send(conversation=talk, text="I want to die")
    said = Message.objects.get(conversation=talk, turn=2, role="user")
    assert (said.risk_category, said.card_key) == ("suicide", "suicide")
    turns = turn_list_of(talk)
    assert turns[0].card is None
    assert turns[1].card is not None


def test_title_does_not_show_a_cry_for_help(team: Any, alice: Any, tuned: Any) -> None:
    conversation, _ = services.conversation_start(
        team=team, user=alice, assistants=[tuned], text="I want to die"
    )
    assert conversation.title == services.GENTLE_TITLES["en"]
    conversation, _ = services.conversation_start(
        team=team, user=alice, assistants=[tuned], text="我想死"
    )
    assert conversation.title == services.GENTLE_TITLES["zh"]


def test_a_reply_can_call_for_the_card_too(talk: Any) -> None:
    [reply] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(
        message_id=reply.pk, state="done", content="Are you having thoughts of suicide?"
    )
    [turn] = turn_list_of(talk)
    assert turn.card is not None


def test_first_vote_is_blind_and_shows_the_names(
    team: Any, alice: Any, tuned: Any, plain: Any
) -> None:
    conversation, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    assert {reply.assistant for reply in replies} == {tuned.id, plain.id}
    assert conversation.names_hidden
    with pytest.raises(ChatRefused, match="Wait for all"):
        vote_cast(conversation=conversation, turn=1, choice="a")
    for reply in replies:
        services.reply_finish(message_id=reply.pk, state="done", content="Hello!")
    vote = vote_cast(conversation=conversation, turn=1, choice="a")
    assert vote.blind
    conversation.refresh_from_db()
    assert not conversation.names_hidden
    changed = vote_cast(conversation=conversation, turn=1, choice="tie")
    assert not changed.blind
    assert Vote.objects.count() == 1
    with pytest.raises(ChatRefused):
        vote_cast(conversation=conversation, turn=1, choice="c")
    with pytest.raises(ChatRefused):
        vote_cast(conversation=conversation, turn=7, choice="a")


def test_chance_decides_who_is_left(team: Any, alice: Any, tuned: Any, plain: Any) -> None:
    left = set()
    for _ in range(40):
        conversation, replies = services.conversation_start(
            team=team, user=alice, assistants=[tuned, plain], text="Hello"
        )
        left.add(conversation.assistant_a)
        for reply in replies:
            services.reply_finish(message_id=reply.pk, state="done", content="Hello!")
    assert left == {tuned.id, plain.id}


def test_two_of_the_same_are_no_comparison(team: Any, alice: Any, tuned: Any) -> None:
    with pytest.raises(ChatRefused, match="two different"):
        services.conversation_start(team=team, user=alice, assistants=[tuned, tuned], text="Hello")


def test_assistant_of_another_team_cannot_be_chosen(talk: Any) -> None:
    with pytest.raises(ChatRefused, match="not there"):
        services.conversation_assistant(conversation=talk, assistant="ft:other:x:y:0")


def test_delete_hides_and_restore_brings_back(talk: Any) -> None:
    services.conversation_delete(conversation=talk)
    assert talk.deleted_at
    assert talk.messages.count() == 2
    versions_restore(conversation=talk)
    talk.refresh_from_db()
    assert talk.deleted_at is None


def test_country_must_be_in_the_table(alice: Any) -> None:
    country_choose(user=alice, country="DE")
    country_choose(user=alice, country="")
    with pytest.raises(ChatRefused):
        country_choose(user=alice, country="XX")
