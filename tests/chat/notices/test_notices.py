"""That this is an AI is said at the start, every three hours, after seven days: a frozen clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chat.conversations import services
from chat.conversations.consumers import ChatConsumer
from chat.notices.models import TalkClock
from chat.notices.schedule import ABSENCE, HOURS, START, notice_due
from chat.notices.services import notice_waiting
from chat.notices.words import NOTICES, notice_text

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
H, D = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("wrote", "told", "first", "due"),
    [
        (None, None, True, START),
        (H / 6, H / 6, True, START),
        (H / 6, 2.99 * H, False, ""),
        (H / 6, 3 * H, False, HOURS),
        (H / 6, 3 * H, True, HOURS),
        (6.99 * D, 1 * H, False, ""),
        (7 * D, 7 * D, False, ABSENCE),
        (7 * D, 7 * D, True, ABSENCE),
        (30 * D, 31 * D, False, ABSENCE),
    ],
)
def test_the_rule(wrote: Any, told: Any, first: bool, due: str) -> None:
    at = [NOON - ago if ago is not None else None for ago in (wrote, told)]
    assert notice_due(NOON, wrote_at=at[0], told_at=at[1], first=first) == due


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands until a test moves it."""

    class Clock:
        at = NOON

        def move(self, by: timedelta) -> None:
            self.at += by

    made = Clock()
    monkeypatch.setattr(timezone, "now", lambda: made.at)
    return made


def say(talk: Any, text: str = "Still here.") -> str:
    [reply] = services.message_send(conversation=talk, text=text)
    services.reply_finish(message_id=reply.pk, state="done", content="I hear you.")
    return str(talk.messages.get(turn=reply.turn, side="").notice)


@pytest.mark.django_db
def test_three_hours_of_talk_and_seven_days(clock: Any, talk: Any, alice: Any) -> None:
    assert talk.messages.get(turn=1, side="").notice == START
    seen = []
    for _ in range(20):  # a message every half hour, for ten hours
        clock.move(H / 2)
        seen.append(say(talk))
    assert [number for number, kind in enumerate(seen, 1) if kind] == [6, 12, 18]
    assert {kind for kind in seen if kind} == {HOURS}
    clock.move(7 * D)
    assert notice_waiting(alice) == ABSENCE
    assert say(talk) == ABSENCE
    assert notice_waiting(alice) == ""
    assert say(talk) == ""


@pytest.mark.django_db
def test_the_clock_is_the_persons_not_the_conversations(
    clock: Any, talk: Any, alice: Any, bob: Any, team: Any, tuned: Any
) -> None:
    clock.move(2.5 * H)
    other, [reply] = services.conversation_start(
        team=team, user=alice, assistants=[tuned], text="Another talk."
    )
    services.reply_finish(message_id=reply.pk, state="done", content="Hello.")
    assert other.messages.get(turn=1, side="").notice == START
    clock.move(1 * H)
    assert say(talk) == ""  # told an hour ago, at the start of the other one
    clock.move(2 * H)
    assert say(other) == HOURS
    assert not TalkClock.objects.filter(user=bob).exists()


@pytest.mark.django_db
def test_the_page_and_the_socket_show_it(clock: Any, client: Client, talk: Any, alice: Any) -> None:
    client.force_login(alice)
    url = f"/chat/{talk.public_id}/"
    absence = NOTICES[ABSENCE, "en"]
    assert absence not in client.get(url).content.decode()
    clock.move(8 * D)
    # Signed in anew: the session has lapsed in that time or not, the notice is due on the page.
    client.force_login(alice)
    page = client.get(url).content.decode()
    assert page.count(absence) == 1
    assert '<p class="turn-notice" role="note">' in page
    say(talk, "我回来了，最近睡得不好")
    page = client.get(url).content.decode()
    assert absence not in page
    assert page.count(NOTICES[ABSENCE, "zh"]) == 1
    socket = ChatConsumer()
    socket.scope = {"user": alice, "url_route": {"kwargs": {"public_id": talk.public_id}}}
    socket.sent, socket.begun, socket.revision = {}, set(), 0
    look = socket.read()
    assert look is not None
    turns = [message["html"] for message in look.messages if message["type"] == "turn"]
    assert sum(NOTICES[ABSENCE, "zh"] in html for html in turns) == 1


def test_words_are_there_in_both_languages() -> None:
    for kind in (HOURS, ABSENCE):
        assert "AI" in notice_text(kind, "en")
        assert "人工智能" in notice_text(kind, "zh")
        assert notice_text(kind, "id") == notice_text(kind, "en")
    assert notice_text(START, "en") == notice_text("", "zh") == ""
