"""Rating a reply: kept for each variant, changed, taken back; never asked for in danger."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Message, Vote
from chat.conversations.selectors import turn_list_of
from chat.conversations.votes import vote_cast
from chat.policy.models import RiskState
from chat.policy.person import person_of_user
from chat.policy.selectors import episodes_of
from chat.policy.services import state_lower
from chat.ratings.models import Rating
from chat.ratings.services import rating_take_back, reply_rate, sharing_stop, vote_share
from chat.safety.levels import Level

from .conftest import reply_of

pytestmark = pytest.mark.django_db


def rate(talk: Any, reply: Message, helpful: bool = True, **more: Any) -> Rating:
    return reply_rate(conversation=talk, reply_id=reply.public_id, helpful=helpful, **more)


def test_a_rating_is_kept_changed_and_taken_back(talk: Any) -> None:
    reply = reply_of(talk)
    before = talk.revision
    rate(talk, reply, True)
    rate(talk, reply, True, words="  It asked\r\nwhat I meant.\0 ", share=False)
    rating = Rating.objects.get()
    assert (rating.helpful, rating.words) == (True, "It asked\nwhat I meant.")
    assert rating.shared_at is None
    rate(talk, reply, False)
    rating.refresh_from_db()
    assert (rating.helpful, rating.words) == (False, "It asked\nwhat I meant.")
    talk.refresh_from_db()
    reply.refresh_from_db()
    assert reply.revision == talk.revision == before + 3  # open pages show it
    rating_take_back(conversation=talk, reply_id=reply.public_id)
    assert not Rating.objects.exists()
    with pytest.raises(ChatRefused, match="no rating"):
        rating_take_back(conversation=talk, reply_id=reply.public_id)


def test_each_variant_has_its_own_rating(talk: Any, again: Any) -> None:
    first = reply_of(talk)
    rate(talk, first, False)
    second = again(talk, "a")
    rate(talk, second, True)
    assert {(row.message_id, row.helpful) for row in Rating.objects.all()} == {
        (first.pk, False),
        (second.pk, True),
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "streaming"}, "complete"),
        ({"state": "stopped"}, "complete"),
        ({"state": "failed"}, "complete"),
        ({"content": "  "}, "complete"),
    ],
)
def test_only_complete_replies_are_rated(talk: Any, changes: Any, words: str) -> None:
    reply = reply_of(talk)
    Message.objects.filter(pk=reply.pk).update(**changes)
    with pytest.raises(ChatRefused, match=words):
        rate(talk, reply)


def test_what_is_no_reply_of_this_talk_is_not_rated(talk: Any, both: Any) -> None:
    own = talk.messages.get(role="user")
    for wrong in (own.public_id, reply_of(both).public_id, "", "x"):
        with pytest.raises(ChatRefused, match="no such reply"):
            reply_rate(conversation=talk, reply_id=wrong, helpful=True)


def test_words_have_a_length(talk: Any) -> None:
    reply = reply_of(talk)
    rate(talk, reply, words="好" * 1000)
    with pytest.raises(ChatRefused, match="1,001 characters"):
        rate(talk, reply, words="x" * 1001)
    assert Rating.objects.get().words == "好" * 1000


def test_blind_is_what_was_said_before_the_names(both: Any) -> None:
    first, second = reply_of(both, "a"), reply_of(both, "b")
    assert rate(both, first, True).blind
    vote_cast(conversation=both, turn=1, choice="a")
    assert rate(both, first, True, words="Warm.").blind  # the verdict is the blind one
    assert not rate(both, first, False).blind
    assert not rate(both, second, True).blind


def test_a_person_in_danger_is_asked_for_nothing(both: Any, said: Any) -> None:
    replies = said(both, "I want to kill myself.")
    [calm, grave] = turn_list_of(both)
    assert calm.is_calm
    assert not grave.is_calm
    assert not grave.can_vote
    for reply in replies:
        with pytest.raises(ChatRefused, match="not asked"):
            rate(both, reply)
    with pytest.raises(ChatRefused, match="not asked"):
        vote_cast(conversation=both, turn=2, choice="a")
    later = said(both, "It rained all day.")  # the state lasts longer than one message
    assert not both.messages.get(turn=3, role="user").risk_level
    with pytest.raises(ChatRefused, match="not asked"):
        rate(both, later[0])
    assert rate(both, reply_of(both, "a")).helpful  # what was before stays theirs to rate


def test_an_episode_has_an_end(talk: Any, alice: Any, bob: Any, said: Any) -> None:
    assert episodes_of(person_of_user(alice)) == []
    said(talk, "I want to kill myself.")
    [(begun, end)] = episodes_of(person_of_user(alice))
    assert begun <= timezone.now()
    assert end is None
    state_lower(
        state=RiskState.objects.get(), level=Level.ORDINARY, reviewer=bob, reason="We have spoken."
    )
    [(begun, end)] = episodes_of(person_of_user(alice))
    assert end is not None
    [reply] = said(talk, "It rained all day.")
    assert rate(talk, reply).helpful
    assert episodes_of(person_of_user(bob)) == []


def test_a_card_of_a_reply_asks_for_nothing_either(talk: Any, said: Any) -> None:
    [reply] = said(talk, "A hard day.", content="Are you having thoughts of suicide?")
    assert reply.card_key
    with pytest.raises(ChatRefused, match="not asked"):
        rate(talk, reply)


# -- sharing --------------------------------------------------------------------------------------


def test_nothing_is_shared_unless_it_is_ticked(talk: Any) -> None:
    reply = reply_of(talk)
    assert rate(talk, reply).shared_at is None
    assert rate(talk, reply, words="Warm.").shared_at is None
    shared_at = rate(talk, reply, words="Warm.", share=True).shared_at
    assert shared_at is not None
    assert rate(talk, reply, False).shared_at == shared_at  # a changed mind about the reply alone
    assert rate(talk, reply, share=True).shared_at == shared_at
    assert rate(talk, reply, share=False).shared_at is None


@pytest.mark.parametrize(
    "changes",
    [
        {"writer": "library"},
        {"error_code": "content_filter"},
        {"reviewed_id": "question.en.1"},
    ],
)
def test_reviewed_words_are_rated_and_never_shared(talk: Any, changes: Any) -> None:
    reply = reply_of(talk)
    Message.objects.filter(pk=reply.pk).update(**changes)
    assert not rate(talk, reply, False, words="Too long.").helpful
    with pytest.raises(ChatRefused, match="stays with you"):
        rate(talk, reply, share=True)
    assert Rating.objects.get().shared_at is None


def test_a_visitor_has_no_team_to_share_with(talk: Any) -> None:
    talk.anonymous = True
    talk.save()
    with pytest.raises(ChatRefused, match="stays with you"):
        rate(talk, reply_of(talk), share=True)


def test_a_vote_is_shared_by_itself(both: Any) -> None:
    with pytest.raises(ChatRefused, match="no vote"):
        vote_share(conversation=both, turn=1, share=True)
    vote_cast(conversation=both, turn=1, choice="a")
    assert Vote.objects.get().shared_at is None
    vote_share(conversation=both, turn=1, share=True)
    assert Vote.objects.get().shared_at is not None
    vote_share(conversation=both, turn=1, share=False)
    assert Vote.objects.get().shared_at is None


def test_sharing_is_stopped_by_its_owner_alone(talk: Any, alice: Any, bob: Any) -> None:
    rating = rate(talk, reply_of(talk), share=True)
    for kind, key in (("rating", str(rating.pk)), ("vote", str(rating.pk))):
        assert not sharing_stop(user=bob, kind=kind, key=key)
    rating.refresh_from_db()
    assert rating.shared_at is not None
    assert sharing_stop(user=alice, kind="rating", key=str(rating.pk))
    rating.refresh_from_db()
    assert rating.shared_at is None
    for kind, key in (("talk", "1"), ("rating", "x"), ("rating", "")):
        with pytest.raises(ChatRefused):
            sharing_stop(user=alice, kind=kind, key=key)
