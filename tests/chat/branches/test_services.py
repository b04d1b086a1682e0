"""Branches: the original is never changed, copies are nobody's new message, nothing is lowered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.branches.selectors import address_of, origin_of, versions_list, versions_of
from chat.branches.services import (
    MOST,
    branch_continue,
    branch_edit,
    versions_delete,
    versions_restore,
)
from chat.conversations import services
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Message, Vote
from chat.conversations.prompts import turns_for
from chat.conversations.selectors import turn_list_of
from chat.conversations.votes import vote_cast
from chat.notices.models import TalkClock
from chat.policy.models import RiskState, SafetyEntry
from chat.policy.person import person_of_user
from chat.policy.selectors import level_of
from chat.privacy.deletion import chats_sweep
from chat.safety.levels import Level

pytestmark = pytest.mark.django_db


def reply_all(replies: list[Message], text: str = "Tell me more.") -> None:
    for reply in replies:
        services.reply_finish(message_id=reply.pk, state="done", content=text)


@pytest.fixture
def longer(talk: Any) -> Any:
    """Alice's talk with three turns."""
    for text in ("My work worries me.", "My manager shouts."):
        reply_all(services.message_send(conversation=talk, text=text), f"You said: {text}")
    talk.refresh_from_db()
    return talk


def rows_of(conversation: Conversation) -> list[dict[str, Any]]:
    return list(conversation.messages.order_by("turn", "id").values())


def test_an_edit_goes_on_in_a_branch_and_changes_nothing_else(longer: Any) -> None:
    before = Conversation.objects.filter(pk=longer.pk).values().get(), rows_of(longer)
    branch, [reply] = branch_edit(conversation=longer, turn=2, text="My sister worries me.")
    assert (Conversation.objects.filter(pk=longer.pk).values().get(), rows_of(longer)) == before
    assert (branch.branched_from, branch.branched_at) == (longer, 2)
    assert branch.public_id != longer.public_id
    assert reply.turn == 2
    said = [(row["turn"], row["content"]) for row in rows_of(branch)]
    assert said == [
        (1, "I keep waking up at 4am."),
        (1, "What wakes you?"),
        (2, "My sister worries me."),
        (2, ""),
    ]
    assert [len(turn.messages) for turn in turns_for(branch, "a", 2)] == [2, 1]


def test_copies_keep_their_dates_and_say_what_they_are(longer: Any, settings: Any) -> None:
    settings.CHAT_KEEP_DAYS = 7
    old = timezone.now() - timedelta(days=9)
    longer.messages.update(created_at=old)
    branch = branch_continue(conversation=longer, turn=2)
    assert {row["created_at"] for row in rows_of(branch)} == {old}
    originals = longer.messages.filter(turn__lte=2).order_by("turn", "id")
    assert [row["copied_from"] for row in rows_of(branch)] == [row.public_id for row in originals]
    again = branch_continue(conversation=branch, turn=1)
    assert [row["copied_from"] for row in rows_of(again)] == [
        row.public_id for row in originals.filter(turn=1)
    ]
    # A copy alone keeps no words longer.
    assert branch.updated_at == longer.updated_at
    assert chats_sweep(now=longer.updated_at + timedelta(days=6, hours=23)) == {}
    assert chats_sweep(now=longer.updated_at + timedelta(days=7, hours=1))["conversations"] == 3


def test_of_several_replies_the_newest_one_with_words_is_copied(longer: Any) -> None:
    for state, text in (("done", "A second try."), ("failed", "")):
        [again] = services.reply_again(conversation=longer, side="a")
        services.reply_finish(message_id=again.pk, state=state, content=text)
    branch = branch_continue(conversation=longer, turn=3)
    [copy] = branch.messages.filter(turn=3, side="a")
    assert (copy.content, copy.variant) == ("A second try.", 1)
    [again] = services.reply_again(conversation=branch, side="a")
    assert (again.variant, again.copied_from) == (2, "")


def test_what_cannot_be_branched_is_refused(longer: Any) -> None:
    with pytest.raises(ChatRefused, match="not there"):
        branch_edit(conversation=longer, turn=9, text="Hello")
    with pytest.raises(ChatRefused, match="Write something"):
        branch_edit(conversation=longer, turn=1, text="  ")
    services.message_send(conversation=longer, text="And now?")
    for make in (
        lambda: branch_edit(conversation=longer, turn=1, text="Hello"),
        lambda: branch_continue(conversation=longer, turn=1),
    ):
        with pytest.raises(ChatRefused, match="being written"):
            make()
    assert Conversation.objects.count() == 1


def test_branches_of_a_tree_are_bounded(talk: Any) -> None:
    for _ in range(MOST):
        branch = branch_continue(conversation=talk, turn=1)
    with pytest.raises(ChatRefused, match="the limit"):
        branch_continue(conversation=branch, turn=1)


def test_an_edit_lowers_nothing_and_a_copy_raises_nothing(longer: Any) -> None:
    person = person_of_user(longer.user)
    reply_all(services.message_send(conversation=longer, text="I want to kill myself tonight"))
    assert level_of(person) == Level.HIGH
    assert longer.messages.get(turn=4, side="").card_key == "suicide"
    entries, state = SafetyEntry.objects.count(), RiskState.objects.get(mark=person.mark)
    clock = TalkClock.objects.get(user=longer.user)
    copy = branch_continue(conversation=longer, turn=4)
    assert SafetyEntry.objects.count() == entries
    assert TalkClock.objects.get(user=longer.user).wrote_at == clock.wrote_at
    assert copy.messages.get(turn=4, side="").card_key == "suicide"  # it stands where it stood
    branch, _ = branch_edit(conversation=longer, turn=4, text="I had soup for lunch")
    after = RiskState.objects.get(mark=person.mark)
    assert (after.level, after.counted_from) == (state.level, state.counted_from)
    own = branch.messages.get(turn=4, side="")
    assert own.card_key == ""  # one card an episode
    assert own.quiet_line
    assert own.quiet_card == "suicide"


def test_an_edit_that_tells_of_danger_raises(longer: Any) -> None:
    branch, _ = branch_edit(conversation=longer, turn=1, text="I want to kill myself tonight")
    assert level_of(person_of_user(longer.user)) == Level.HIGH
    assert branch.messages.get(turn=1, side="").card_key == "suicide"
    assert branch.title == services.GENTLE_TITLES["en"]


def test_the_title_is_of_the_first_message_unless_somebody_chose_it(longer: Any) -> None:
    branch, replies = branch_edit(conversation=longer, turn=1, text="I cannot sleep.")
    reply_all(replies)
    assert branch.title == "I cannot sleep."
    later, replies = branch_edit(conversation=longer, turn=2, text="I cannot eat.")
    reply_all(replies)
    assert later.title == longer.title
    services.title_soften(conversation=branch)
    assert branch.title == services.GENTLE_TITLES["en"]
    softened, replies = branch_edit(conversation=branch, turn=1, text="I like tea.")
    reply_all(replies)
    assert softened.title == services.GENTLE_TITLES["en"]
    services.conversation_rename(conversation=longer, title="Nights")
    named, _ = branch_edit(conversation=longer, turn=1, text="I like tea.")
    assert named.title == "Nights"


def turns_in(conversation: Conversation) -> dict[int, tuple[int, int]]:
    return {
        turn.number: (turn.versions.number, turn.versions.count)
        for turn in turn_list_of(conversation)
        if turn.versions
    }


def test_versions_are_counted_where_they_part(longer: Any) -> None:
    assert turns_in(longer) == {}
    second, replies = branch_edit(conversation=longer, turn=2, text="My sister worries me.")
    reply_all(replies)
    third, replies = branch_edit(conversation=second, turn=2, text="My brother worries me.")
    reply_all(replies)
    other, replies = branch_edit(conversation=second, turn=1, text="I sleep too long.")
    reply_all(replies)
    on = branch_continue(conversation=longer, turn=2)
    assert turns_in(on) == {1: (1, 2), 2: (1, 3)}
    reply_all(services.message_send(conversation=on, text="She laughs at me."))
    assert turns_in(longer) == {1: (1, 2), 2: (1, 3), 3: (1, 2)}
    assert turns_in(second) == {1: (1, 2), 2: (2, 3)}
    assert turns_in(third) == {1: (1, 2), 2: (3, 3)}
    assert turns_in(other) == {1: (2, 2)}
    assert turns_in(on) == {1: (1, 2), 2: (1, 3), 3: (2, 2)}
    here = versions_of(second, [2])[2]
    assert here.before == f"/chat/{longer.public_id}/#turn-2"
    assert here.after == f"/chat/{third.public_id}/#turn-2"
    # The talk in between may go: what was copied from it is still the same message.
    services.conversation_delete(conversation=second)
    assert turns_in(third) == {1: (1, 2), 2: (2, 2)}
    Conversation.objects.filter(pk=longer.pk).delete()
    on.refresh_from_db()
    assert turns_in(on) == {1: (1, 2), 2: (2, 2)}
    assert versions_of(on, [2])[2].before == f"/chat/{third.public_id}/#turn-2"


def test_a_version_far_back_has_the_address_of_its_page(talk: Any) -> None:
    branch, replies = branch_edit(conversation=talk, turn=1, text="I sleep too long.")
    reply_all(replies)
    for number in range(12):
        reply_all(services.message_send(conversation=talk, text=f"Thing {number}"))
    found = versions_of(branch, [1])[1]
    assert found.before == f"/chat/{talk.public_id}/?before=11#turn-1"
    origin = origin_of(branch)
    assert origin is not None
    assert address_of(origin, 1) == found.before


@pytest.fixture
def blind(team: Any, alice: Any, tuned: Any, plain: Any) -> Any:
    """A comparison of two turns that nobody has voted on."""
    conversation, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    reply_all(replies)
    reply_all(services.message_send(conversation=conversation, text="I am tired."))
    return conversation


def test_a_comparison_keeps_its_sides_and_its_secret(blind: Any) -> None:
    branch, replies = branch_edit(conversation=blind, turn=2, text="I am sad.")
    reply_all(replies)
    assert branch.names_hidden
    assert (branch.assistant_a, branch.assistant_b) == (blind.assistant_a, blind.assistant_b)
    first, second = turn_list_of(branch)
    assert [place.label for place in first.places] == ["Left", "Right"]
    assert not first.can_vote  # the vote on a copy would be one on the original
    assert second.can_vote
    with pytest.raises(ChatRefused, match="vote on it there"):
        vote_cast(conversation=branch, turn=1, choice="a")
    assert vote_cast(conversation=blind, turn=2, choice="a").blind
    branch.refresh_from_db()
    assert not branch.names_hidden  # whoever knows the names there knows them here
    assert not vote_cast(conversation=branch, turn=2, choice="b").blind
    assert Vote.objects.count() == 2
    assert not branch_continue(conversation=blind, turn=1).names_hidden


def test_deleting_all_versions_and_bringing_them_back(longer: Any) -> None:
    branch, replies = branch_edit(conversation=longer, turn=2, text="My sister worries me.")
    reply_all(replies)
    third = branch_continue(conversation=branch, turn=1)
    services.conversation_delete(conversation=third)
    versions_delete(conversation=branch)
    assert not versions_list(longer).exists()
    branch.refresh_from_db()
    versions_restore(conversation=branch)
    assert {each.pk for each in versions_list(longer)} == {longer.pk, branch.pk}


def test_deleting_the_original_leaves_a_whole_branch(longer: Any) -> None:
    branch = branch_continue(conversation=longer, turn=2)
    longer.delete()
    branch.refresh_from_db()
    assert branch.branched_from is None
    assert branch.messages.count() == 4
    assert branch_edit(conversation=branch, turn=2, text="Else")[0].messages.count() == 4
