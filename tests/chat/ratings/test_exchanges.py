"""From rows to files: a person's own has all of it, a team's only what was agreed to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.branches.services import versions_restore
from chat.conversations import services
from chat.conversations.models import Conversation, Message, Vote
from chat.conversations.votes import vote_cast
from chat.ratings.exchanges import exchanges_of, exchanges_shared
from chat.ratings.models import Rating
from chat.ratings.preferences import Exchange, pair_lines, single_lines
from chat.ratings.services import reply_rate, vote_share
from finetune.teams.services import member_remove

from .conftest import reply_of

pytestmark = pytest.mark.django_db
PAIR = {
    "id": str, "source": str, "blind": bool, "date": str, "chosen_assistant": str,
    "rejected_assistant": str, "chosen_words": str, "rejected_words": str, "whole_prompt": bool,
}  # fmt: skip
SINGLE = {
    "id": str, "source": str, "blind": bool, "date": str, "assistant": str, "words": str,
    "whole_prompt": bool,
}  # fmt: skip


def read(lines: Iterable[str]) -> list[dict[str, Any]]:
    """As a plain reader of JSON lines does it: one object a line."""
    return [json.loads(line) for line in "".join(lines).split("\n")[:-1]]


def check_messages(messages: Any, *, ends: str) -> None:
    assert isinstance(messages, list)
    assert messages
    for message in messages:
        assert set(message) == {"role", "content"}
        assert isinstance(message["content"], str)
        assert message["content"].strip()
    roles = [message["role"] for message in messages]
    assert roles[-1] == ends
    assert all(one != other for one, other in zip(roles, roles[1:], strict=False))


def pairs(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """The pairs, each checked against TRL's conversational preference format."""
    records = read(pair_lines(exchanges))
    for record in records:
        assert list(record) == ["prompt", "chosen", "rejected", "metadata"]
        check_messages(record["prompt"], ends="user")
        for side in ("chosen", "rejected"):
            assert len(record[side]) == 1
            check_messages(record[side], ends="assistant")
        assert {key: type(value) for key, value in record["metadata"].items()} == PAIR
    return records


def singles(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """The single ratings, each checked against TRL's unpaired preference format."""
    records = read(single_lines(exchanges))
    for record in records:
        assert list(record) == ["prompt", "completion", "label", "metadata"]
        check_messages(record["prompt"], ends="user")
        assert len(record["completion"]) == 1
        check_messages(record["completion"], ends="assistant")
        assert type(record["label"]) is bool
        assert {key: type(value) for key, value in record["metadata"].items()} == SINGLE
    return records


def rate(talk: Conversation, reply: Message, helpful: bool = True, **more: Any) -> Rating:
    return reply_rate(conversation=talk, reply_id=reply.public_id, helpful=helpful, **more)


def text_of(record: dict[str, Any], side: str) -> str:
    return str(record[side][0]["content"])


def test_a_vote_between_three_is_two_pairs(three: Conversation, alice: Any) -> None:
    vote_cast(conversation=three, turn=1, choice="c")
    records = pairs(exchanges_of(alice))
    assert [(text_of(one, "chosen"), text_of(one, "rejected")) for one in records] == [
        ("Reply 1c1.", "Reply 1a1."),
        ("Reply 1c1.", "Reply 1b1."),
    ]
    assert records[0]["prompt"] == [{"role": "user", "content": "I cannot sleep."}]
    assert records[0]["metadata"]["chosen_assistant"] == three.assistant_c
    assert records[0]["metadata"]["blind"] is True
    assert singles(exchanges_of(alice)) == []


@pytest.mark.parametrize("choice", ["tie", "neither"])
def test_no_winner_no_pair(both: Conversation, alice: Any, choice: str) -> None:
    vote_cast(conversation=both, turn=1, choice=choice)
    assert pairs(exchanges_of(alice)) == []


def test_a_vote_is_about_what_stood_there(both: Conversation, alice: Any, again: Any) -> None:
    vote_cast(conversation=both, turn=1, choice="a")
    again(both, "a")
    [record] = pairs(exchanges_of(alice))
    assert text_of(record, "chosen") == "Reply 1a1."
    vote_cast(conversation=both, turn=1, choice="b")
    [record] = pairs(exchanges_of(alice))
    assert text_of(record, "rejected") == "Reply 1a2."


def test_variants_and_their_words(talk: Conversation, alice: Any, again: Any, tuned: Any) -> None:
    rate(talk, reply_of(talk), False, words="It lectured me.")
    rate(talk, again(talk, "a"), True, words="It asked.")
    [record] = pairs(exchanges_of(alice))
    assert (text_of(record, "chosen"), text_of(record, "rejected")) == (
        "Reply 1a2.",
        "What wakes you?",
    )
    data = record["metadata"]
    assert data["source"] == "variants"
    assert (data["chosen_words"], data["rejected_words"]) == ("It asked.", "It lectured me.")
    assert data["chosen_assistant"] == data["rejected_assistant"] == tuned.id


def test_ones_own_file_has_what_was_said_before(talk: Conversation, alice: Any, said: Any) -> None:
    [reply] = said(talk, "The rent.")
    rate(talk, reply, False)
    [record] = singles(exchanges_of(alice))
    assert [one["content"] for one in record["prompt"]] == [
        "I keep waking up at 4am.", "What wakes you?", "The rent.",
    ]  # fmt: skip
    assert record["label"] is False
    assert record["metadata"]["whole_prompt"] is True


def test_names_stay_hidden_in_ones_own_file_until_the_vote(both: Conversation, alice: Any) -> None:
    rate(both, reply_of(both, "a"), True)
    rate(both, reply_of(both, "b"), False)
    [record] = pairs(exchanges_of(alice))
    assert record["metadata"]["chosen_assistant"] == "Left"
    assert record["metadata"]["rejected_assistant"] == "Right"
    assert record["metadata"]["source"] == "ratings"
    vote_cast(conversation=both, turn=1, choice="a")
    [record] = pairs(exchanges_of(alice))
    assert record["metadata"]["chosen_assistant"] == both.assistant_a


def test_nothing_of_others_and_nothing_deleted(talk: Conversation, alice: Any, bob: Any) -> None:
    rate(talk, reply_of(talk))
    assert singles(exchanges_of(bob)) == []
    assert len(singles(exchanges_of(alice))) == 1
    services.conversation_delete(conversation=talk)
    assert singles(exchanges_of(alice)) == []


# -- a team's file --------------------------------------------------------------------------------


def test_a_team_gets_only_what_was_ticked(
    talk: Conversation, both: Conversation, team: Any, said: Any
) -> None:
    rate(talk, reply_of(talk), words="Not for you.")
    [reply] = said(talk, "The rent.")
    rate(talk, reply, words="For you.", share=True)
    vote_cast(conversation=both, turn=1, choice="a")
    assert pairs(exchanges_shared(team)) == []
    [record] = singles(exchanges_shared(team))
    assert record["prompt"] == [{"role": "user", "content": "The rent."}]  # nothing before it
    assert record["metadata"]["whole_prompt"] is False
    assert record["metadata"]["words"] == "For you."
    vote_share(conversation=both, turn=1, share=True)
    assert len(pairs(exchanges_shared(team))) == 1


def test_a_pair_of_ratings_needs_both_ticks(both: Conversation, team: Any) -> None:
    rate(both, reply_of(both, "a"), True, words="Kind.", share=True)
    rate(both, reply_of(both, "b"), False, words="Not for you.")
    assert pairs(exchanges_shared(team)) == []
    assert len(singles(exchanges_shared(team))) == 1
    rate(both, reply_of(both, "b"), False, share=True)
    assert len(pairs(exchanges_shared(team))) == 1


def test_a_shared_vote_gives_no_private_words_away(both: Conversation, team: Any) -> None:
    rate(both, reply_of(both, "a"), True, words="Not for you.")
    vote_cast(conversation=both, turn=1, choice="a")
    vote_share(conversation=both, turn=1, share=True)
    [record] = pairs(exchanges_shared(team))
    assert record["metadata"]["chosen_words"] == ""


def test_no_person_is_named(talk: Conversation, alice: Any, team: Any, tuned: Any) -> None:
    """Not even by the team's name in that of its assistant: the run's id stands for it."""
    rate(talk, reply_of(talk), share=True)
    [record] = singles(exchanges_shared(team))
    assert record["metadata"]["assistant"] == tuned.run.public_id
    text = json.dumps(record).replace("I keep waking up at 4am.", "")
    for hidden in (alice.username, team.slug, talk.public_id, reply_of(talk).public_id):
        assert hidden not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "user", "risk_level": 1},
        {"role": "user", "risk_level": 2},
        {"role": "user", "card_key": "somebody_else"},
        {"role": "user", "quiet_line": "The numbers above still hold."},
        {"role": "assistant", "card_key": "suicide"},
        {"role": "assistant", "writer": "library"},
        {"role": "assistant", "reviewed_id": "question.en.1"},
        {"role": "assistant", "error_code": "content_filter"},
        {"role": "assistant", "state": "stopped"},
    ],
)
def test_danger_and_reviewed_words_never_leave(
    talk: Conversation, team: Any, changes: dict[str, Any]
) -> None:
    """Even where a row says that it is shared, however that came about."""
    rate(talk, reply_of(talk), share=True)
    assert len(singles(exchanges_shared(team))) == 1
    role = changes.pop("role")
    talk.messages.filter(role=role).update(**changes)
    assert singles(exchanges_shared(team)) == []


def test_an_ordinary_message_within_an_episode_never_leaves(
    both: Conversation, team: Any, alice: Any, said: Any
) -> None:
    said(both, "I want to kill myself.")
    said(both, "It rained all day.")
    Rating.objects.create(message=reply_of(both, "a", 3), helpful=True, shared_at=timezone.now())
    Vote.objects.create(
        conversation=both, turn=3, choice="a", blind=True, shared_at=timezone.now(),
        cast_at=timezone.now() + timedelta(seconds=1),
    )  # fmt: skip
    assert len(pairs(exchanges_of(alice))) == 1
    assert pairs(exchanges_shared(team)) == []
    assert singles(exchanges_shared(team)) == []


def test_a_talk_elsewhere_during_an_episode_never_leaves(
    talk: Conversation, both: Conversation, team: Any, said: Any
) -> None:
    said(both, "I want to kill myself.")
    [reply] = said(talk, "It rained all day.")
    Rating.objects.create(message=reply, helpful=True, shared_at=timezone.now())
    assert singles(exchanges_shared(team)) == []


def test_who_left_deleted_or_visits_shares_nothing(
    team: Any, bob: Any, tuned: Any, talk: Conversation
) -> None:
    his, [reply] = services.conversation_start(
        team=team, user=bob, assistants=[tuned], text="A good day."
    )
    services.reply_finish(message_id=reply.pk, state="done", content="Tell me.")
    reply.refresh_from_db()
    rate(his, reply, share=True)
    assert len(singles(exchanges_shared(team))) == 1
    services.conversation_delete(conversation=his)
    assert singles(exchanges_shared(team)) == []
    versions_restore(conversation=his)
    Conversation.objects.filter(pk=his.pk).update(anonymous=True)
    assert singles(exchanges_shared(team)) == []
    Conversation.objects.filter(pk=his.pk).update(anonymous=False)
    assert len(singles(exchanges_shared(team))) == 1
    member_remove(membership=bob.memberships.get())
    assert singles(exchanges_shared(team)) == []


def test_another_team_gets_nothing(talk: Conversation, charlie: Any) -> None:
    rate(talk, reply_of(talk), share=True)
    assert singles(exchanges_shared(charlie.teams.get())) == []
