"""Pinned conversations stand first, on every page of the list, and are kept no longer for it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chat.branches.services import branch_continue, versions_restore
from chat.conversations import services
from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation
from chat.pins.selectors import list_beside
from chat.pins.services import MOST_PINS, pin_set
from chat.privacy.deletion import chats_sweep
from chat.privacy.models import PrivacyChoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def older_talks(talk: Any, number: int, **fields: Any) -> list[Conversation]:
    now = timezone.now()
    return Conversation.objects.bulk_create(
        Conversation(
            team=talk.team, user=talk.user, title=f"Talk {age}", assistant_a=talk.assistant_a,
            title_a="x", updated_at=now - timedelta(minutes=age), **fields,
        )
        for age in range(1, number + 1)
    )  # fmt: skip


def listed(page: str) -> list[str]:
    return re.findall(r'data-conversation="([^"]+)"', page)


def test_a_pinned_one_stands_first_under_a_heading(hers: Client, talk: Any) -> None:
    oldest = older_talks(talk, 5)[-1]
    address = f"/chat/{oldest.public_id}/"
    page = hers.get(address).content.decode()
    assert listed(page)[0] == talk.public_id
    assert "pinned-heading" not in page
    assert hers.post(address + "pin/", {"pinned": "yes"})["location"] == address
    page = hers.get(address).content.decode()
    assert listed(page)[:2] == [oldest.public_id, talk.public_id]
    assert page.index("Pinned</h2>") < page.index(f'data-conversation="{oldest.public_id}"')
    assert listed(page).count(oldest.public_id) == 1
    assert 'value="no">' in page
    hers.post(address + "pin/", {"pinned": "no"})
    assert listed(hers.get(address).content.decode())[-1] == oldest.public_id


def test_twice_is_once_and_counts_one_revision(talk: Any) -> None:
    pin_set(conversation=talk, pinned=True)
    talk.refresh_from_db()
    before = (talk.revision, talk.pinned_at)
    pin_set(conversation=talk, pinned=True)
    talk.refresh_from_db()
    assert (talk.revision, talk.pinned_at) == before


def test_a_fragment_holds_list_and_form(hers: Client, talk: Any) -> None:
    address = f"/chat/{talk.public_id}/pin/"
    answer = hers.post(address, {"pinned": "yes"}, headers={"hx-request": "true"})
    page = answer.content.decode()
    assert page.lstrip().startswith('<nav id="conversations"')
    assert "Pinned</h2>" in page
    assert 'hx-swap-oob="true"' in page
    assert "Unpin" in page


def test_pinned_ones_are_on_every_page_of_the_list(hers: Client, talk: Any) -> None:
    rows = older_talks(talk, 150)
    pinned = [rows[9], rows[140]]
    for one in pinned:
        pin_set(conversation=one, pinned=True)
    names = [one.public_id for one in reversed(pinned)]
    seen: list[str] = []
    address = "/chat/"
    while address:
        page = hers.get(address).content.decode()
        assert listed(page)[:2] == names
        seen += listed(page)[2:]
        older = re.search(r'href="(\?older=[^"]+)"', page)
        address = f"/chat/{older[1]}" if older else ""
    assert len(seen) == len(set(seen)) == 149
    assert not set(names) & set(seen)


def test_one_that_is_pinned_meanwhile_still_marks_the_place(hers: Client, talk: Any) -> None:
    rows = older_talks(talk, 70)
    page = hers.get("/chat/").content.decode()
    older = re.search(r'href="(\?older=([^"]+))"', page)
    assert older
    pin_set(conversation=Conversation.objects.get(public_id=older[2]), pinned=True)
    rest = hers.get(f"/chat/{older[1]}").content.decode()
    assert listed(rest)[1:] == [one.public_id for one in rows[59:]]


def test_there_is_an_end_to_pinning(hers: Client, talk: Any) -> None:
    older_talks(talk, MOST_PINS, pinned_at=timezone.now())
    with pytest.raises(ChatRefused, match="Unpin one first"):
        pin_set(conversation=talk, pinned=True)
    address = f"/chat/{talk.public_id}/pin/"
    fragment = hers.post(address, {"pinned": "yes"}, headers={"hx-request": "true"})
    assert "Unpin one first" in fragment.content.decode()
    assert "Unpin one first" in hers.post(address, {"pinned": "yes"}, follow=True).content.decode()
    talk.refresh_from_db()
    assert talk.pinned_at is None


def test_a_pin_outlives_undo_and_keeps_nothing_longer(alice: Any, talk: Any) -> None:
    pin_set(conversation=talk, pinned=True)
    services.conversation_delete(conversation=talk)
    assert list_beside(alice, talk.team)["pinned"] == []
    versions_restore(conversation=talk)
    assert list_beside(alice, talk.team)["pinned"] == [talk]
    PrivacyChoice.objects.create(user=alice, keep_days=7)
    Conversation.objects.update(updated_at=timezone.now() - timedelta(days=8))
    chats_sweep()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("days", "most", "words"),
    [
        (0, 0, "It is kept until you delete it, pinned or not."),
        (7, 0, "It is deleted 7 days after its last message all the same."),
        (30, 1, "It is deleted 1 day after its last message all the same."),
    ],
)
def test_the_menu_says_for_how_long(
    hers: Client, alice: Any, talk: Any, settings: Any, days: int, most: int, words: str
) -> None:
    from chat.consent.services import consent_give

    settings.CHAT_KEEP_DAYS = most
    consent_give(user=alice, language="en")
    PrivacyChoice.objects.create(user=alice, keep_days=days)
    assert words in hers.get(f"/chat/{talk.public_id}/").content.decode()


def test_a_branch_is_not_pinned(alice: Any, talk: Any) -> None:
    pin_set(conversation=talk, pinned=True)
    branch = branch_continue(conversation=talk, turn=1)
    assert branch.pinned_at is None
    beside = list_beside(alice, talk.team)
    assert (beside["pinned"], beside["conversations"]) == ([talk], [branch])


def test_nobody_else_pins_it(client: Client, bob: Any, charlie: Any, talk: Any) -> None:
    for user in (bob, charlie):
        client.force_login(user)
        assert client.post(f"/chat/{talk.public_id}/pin/", {"pinned": "yes"}).status_code == 404
    talk.refresh_from_db()
    assert talk.pinned_at is None
    assert list_beside(bob, talk.team)["conversations"] == []
