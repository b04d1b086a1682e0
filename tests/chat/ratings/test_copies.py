"""A branch begins with copies of another talk: what is said of a reply stays where it was said."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.branches.services import branch_continue
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Vote
from chat.conversations.votes import vote_cast
from chat.ratings.exchanges import exchanges_of, exchanges_shared
from chat.ratings.models import Rating
from chat.ratings.preferences import pair_lines, single_lines
from chat.ratings.selectors import opinion_count
from chat.ratings.services import reply_rate, vote_share

from .conftest import reply_of

pytestmark = pytest.mark.django_db


def rate(talk: Conversation, side: str = "a", turn: int = 1, **more: Any) -> Rating:
    reply = reply_of(talk, side, turn)
    return reply_rate(
        conversation=talk, reply_id=reply.public_id, **{"helpful": True, "share": True, **more}
    )


def test_a_branch_takes_no_opinion_along(both: Any, alice: Any) -> None:
    rate(both, words="It asked.")
    vote_cast(conversation=both, turn=1, choice="a")
    vote_share(conversation=both, turn=1, share=True)
    branch = branch_continue(conversation=both, turn=1)
    assert opinion_count(alice) == 2
    assert not branch.votes.exists()
    assert not Rating.objects.filter(message__conversation=branch).exists()
    assert len(list(exchanges_shared(both.team))) == len(list(exchanges_of(alice))) == 1


def test_a_copy_is_rated_where_it_was_said(client: Client, talk: Any, said: Any) -> None:
    branch = branch_continue(conversation=talk, turn=1)
    with pytest.raises(ChatRefused, match="rate it there"):
        rate(branch)
    [own] = said(branch, "And at five.")
    assert rate(branch, turn=2).message == own
    client.force_login(talk.user)
    page = client.get(f"/chat/{branch.public_id}/").content.decode()
    assert page.count('class="rate"') == 1
    assert f'id="rate-{own.public_id}"' in page
    assert client.get(f"/chat/{talk.public_id}/").content.decode().count('class="rate"') == 1


def test_another_reply_to_a_copied_message_is_ones_own(talk: Any, again: Any) -> None:
    branch = branch_continue(conversation=talk, turn=1)
    own = again(branch, "a")
    assert rate(branch).message == own
    [exchange] = exchanges_shared(talk.team)
    assert [answer.key for answer in exchange.answers] == [own.public_id]


def test_no_file_has_a_copy_whatever_a_row_says(both: Any, alice: Any) -> None:
    branch = branch_continue(conversation=both, turn=1)
    shared_at = both.created_at
    for side, helpful in (("a", True), ("b", False)):
        Rating.objects.create(message=reply_of(branch, side), helpful=helpful, shared_at=shared_at)
    Vote.objects.create(
        conversation=branch, turn=1, choice="a", blind=True, shared_at=shared_at,
        assistant_a=branch.assistant_a, assistant_b=branch.assistant_b,
    )  # fmt: skip
    for exchanges in (list(exchanges_of(alice)), list(exchanges_shared(both.team))):
        assert [*pair_lines(exchanges), *single_lines(exchanges)] == []


def test_a_branch_of_three_keeps_all_three(three: Any, said: Any) -> None:
    branch = branch_continue(conversation=three, turn=1)
    assert [branch.assistant_on(side) for side in branch.sides] == [
        three.assistant_on(side) for side in "abc"
    ]
    assert branch.names_hidden
    assert [reply.side for reply in said(branch, "And now?")] == ["a", "b", "c"]
    assert vote_cast(conversation=branch, turn=2, choice="c").blind
