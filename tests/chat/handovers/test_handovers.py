"""A human sees what a person agreed to share, no more; every look is noted; the answer arrives."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Message
from chat.handovers import services
from chat.handovers.models import Handover, HandoverLook
from chat.handovers.selectors import shared_by
from finetune.teams.models import User


@pytest.fixture(autouse=True)
def offered(settings: Any) -> None:
    settings.HANDOVER = True
    settings.HANDOVER_HOURS = "weekdays, nine to five"


@pytest.fixture
def long_talk(talk: Any) -> Any:
    last = talk.messages.order_by("-turn").first().turn
    talk.messages.update(state="done")
    for turn in range(last + 1, last + 6):
        Message.objects.create(conversation=talk, turn=turn, role="user", content=f"said {turn}.")
        Message.objects.create(
            conversation=talk, turn=turn, role="assistant", side="a", content=f"reply {turn}."
        )
    return talk


@pytest.fixture
def reader(db: None) -> User:
    user = User.objects.create_user("rita", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="answer_handover"))
    return user


def texts(handover: Handover) -> str:
    return " ".join(one.text for one in shared_by(handover))


def test_only_what_was_agreed_and_nothing_later(long_talk: Any) -> None:
    handover = services.handover_ask(conversation=long_talk, shares="last", words="Please.")
    last = handover.turn
    assert f"said {last}." in texts(handover)
    assert f"reply {last - 2}." in texts(handover)
    assert f"said {last - 3}." not in texts(handover)
    Message.objects.create(conversation=long_talk, turn=last + 1, role="user", content="later.")
    assert "later." not in texts(handover)
    Handover.objects.filter(pk=handover.pk).update(shares="nothing")
    handover.refresh_from_db()
    assert texts(handover) == ""


def test_taken_back_is_gone_for_whoever_has_not_read_it(long_talk: Any) -> None:
    handover = services.handover_ask(conversation=long_talk, shares="all", words="Please.")
    services.handover_withdraw(conversation=long_talk)
    handover.refresh_from_db()
    assert (handover.words, texts(handover)) == ("", "")
    with pytest.raises(ChatRefused, match="Nothing is waiting"):
        services.handover_withdraw(conversation=long_talk)


@pytest.mark.parametrize(
    ("shares", "words", "said"),
    [
        ("nothing", " ", "Write a few words"),
        ("everything", "x", "Choose what"),
        ("last", "x" * 2001, "2,000 fit"),
    ],
)
def test_refusals_say_why(long_talk: Any, shares: str, words: str, said: str) -> None:
    with pytest.raises(ChatRefused, match=said):
        services.handover_ask(conversation=long_talk, shares=shares, words=words)


def test_nobody_is_offered_where_nobody_answers(long_talk: Any, alice: Any, settings: Any) -> None:
    settings.HANDOVER = False
    page = Client()
    page.force_login(alice)
    assert (
        "Talk to a person"
        not in page.get(reverse("conversation", args=[long_talk.public_id])).content.decode()
    )
    with pytest.raises(ChatRefused, match="Nobody of this site"):
        services.handover_ask(conversation=long_talk, shares="all", words="x")


def test_from_the_wish_to_the_answer(long_talk: Any, alice: Any, reader: User) -> None:
    person, console = Client(), Client()
    person.force_login(alice)
    console.force_login(reader)
    talk = reverse("conversation", args=[long_talk.public_id])
    ask = reverse("handover", args=[long_talk.public_id])
    assert "weekdays, nine to five" in person.get(ask).content.decode()
    assert person.post(ask, {"shares": "last", "words": "I am scared."}).status_code == 302
    assert "has been asked" in person.get(talk).content.decode()
    handover = Handover.objects.get()
    listed = console.get(reverse("admin:chat_handover_changelist")).content.decode()
    assert "I am scared." not in listed
    assert not HandoverLook.objects.exists()
    opened = reverse("admin:chat_handover_change", args=[handover.pk])
    shown = console.get(opened).content.decode()
    assert "I am scared." in shown
    assert f"said {handover.turn}." in shown
    assert [look.reviewer for look in HandoverLook.objects.all()] == ["rita"]
    assert "is reading what you shared" in person.get(talk).content.decode()
    console.post(opened, {"answer": "  "})
    handover.refresh_from_db()
    assert handover.is_open
    console.post(opened, {"answer": "I am here. Call me at the desk."})
    page = person.get(talk).content.decode()
    assert "rita wrote to you" in page
    assert "I am here. Call me at the desk." in page
    # Once answered, what was shared is shown no more.
    assert "I am scared." not in console.get(opened).content.decode()


def test_without_the_right_there_is_no_queue(long_talk: Any, alice: Any) -> None:
    handover = services.handover_ask(conversation=long_talk, shares="all", words="x")
    staff = User.objects.create_user("sam", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_handover"))
    console = Client()
    console.force_login(staff)
    opened = reverse("admin:chat_handover_change", args=[handover.pk])
    assert console.get(opened).status_code == 403
    assert console.post(opened, {"answer": "Hello."}).status_code == 403
    assert not HandoverLook.objects.exists()
