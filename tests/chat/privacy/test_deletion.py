"""What is deleted is gone: from the rows, and from the files of the database."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chat.branches.services import versions_restore
from chat.conversations import services
from chat.conversations.models import Conversation, Message, Vote
from chat.conversations.votes import vote_cast
from chat.notes.models import SessionNote
from chat.notes.services import note_create
from chat.policy.models import SafetyEntry
from chat.privacy.deletion import chats_sweep, everything_delete
from chat.privacy.models import DeletionReceipt, PrivacyChoice
from chat.privacy.periods import UNDO, days_kept, periods_allowed
from chat.tasks import chats_sweep as task
from wukongsite.settings import CELERY_BEAT_SCHEDULE

MARK = "xylophone-quagmire"  # words that stand nowhere else
DAY = timedelta(days=1)


@pytest.fixture
def marked(team: Any, alice: Any, tuned: Any, plain: Any) -> Any:
    """A comparison of Alice's with a reply, a vote and a note, all of which hold the mark."""
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text=f"I feel {MARK} every night."
    )
    for reply in replies:
        services.reply_finish(message_id=reply.pk, state="done", content=f"Why {MARK}?")
    vote_cast(conversation=talk, turn=1, choice="a")
    note_create(user=alice, conversation=talk)
    talk.refresh_from_db()
    return talk


def rows_with(mark: str) -> list[str]:
    """Where a text stands in the database: every column of every table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                found += [
                    f"{table}.{name}"
                    for name, value in zip(names, row, strict=True)
                    if mark in str(value)
                ]
    return found


@pytest.mark.django_db
def test_everything_goes_and_the_receipt_counts_it(marked: Any, alice: Any, bob: Any) -> None:
    places = set(rows_with(MARK))
    assert {"chat_message.content", "chat_conversation.title", "chat_sessionnote.text"} <= places
    receipt = everything_delete(user=alice)
    assert rows_with(MARK) == []
    assert receipt.counts == {
        "conversations": 1, "messages": 3, "votes": 1, "session notes": 1
    }  # fmt: skip
    assert DeletionReceipt.objects.get() == receipt
    assert not Conversation.objects.exists()
    assert not Vote.objects.exists()


@pytest.mark.django_db
def test_others_keep_theirs(marked: Any, team: Any, bob: Any, tuned: Any) -> None:
    services.conversation_start(team=team, user=bob, assistants=[tuned], text="Mine stays.")
    everything_delete(user=marked.user)
    assert Conversation.objects.get().user == bob
    assert rows_with("Mine stays.")


@pytest.mark.django_db(transaction=True)
def test_the_files_of_the_database_hold_nothing_of_it(marked: Any, alice: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite's files can be read here")
    name = connection.settings_dict["NAME"]
    files = [Path(f"{name}{end}") for end in ("", "-wal")]

    def holding() -> list[str]:
        return [p.name for p in files if p.exists() and MARK.encode() in p.read_bytes()]

    assert holding()
    everything_delete(user=alice)
    assert holding() == []


@pytest.mark.django_db
def test_undo_is_short_and_then_it_is_purged(marked: Any, alice: Any) -> None:
    services.conversation_delete(conversation=marked)
    now = timezone.now()
    assert not chats_sweep(now=now + UNDO - timedelta(seconds=5))
    versions_restore(conversation=marked)
    assert not chats_sweep(now=now + UNDO + timedelta(seconds=5))
    services.conversation_delete(conversation=marked)
    SessionNote.objects.all().delete()
    counts = chats_sweep(now=timezone.now() + UNDO + timedelta(seconds=5))
    assert counts == {"conversations": 1, "messages": 3, "votes": 1}
    assert rows_with(MARK) == []
    assert DeletionReceipt.objects.get(user=alice).reason == "undo"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "most", "kept", "gone"),
    [
        (0, 0, 400, None),
        (30, 0, 29, 31),
        (7, 0, 6, 8),
        (1, 0, 0.9, 1.1),
        (0, 7, 6, 8),
        (30, 7, 6, 8),
        (1, 7, 0.9, 1.1),
    ],
)
def test_the_timer_and_the_operators_maximum(
    marked: Any, alice: Any, settings: Any, chosen: int, most: int, kept: float, gone: Any
) -> None:
    settings.CHAT_KEEP_DAYS = most
    PrivacyChoice.objects.create(user=alice, keep_days=chosen)
    at = timezone.now()
    assert not chats_sweep(now=at + kept * DAY)
    assert Message.objects.exists()
    if gone is None:
        return
    assert chats_sweep(now=at + gone * DAY)["session notes"] == 1
    assert rows_with(MARK) == []
    assert DeletionReceipt.objects.get(user=alice).reason == "timer"


@pytest.mark.django_db
def test_what_the_safety_log_holds_of_words_goes_along(
    team: Any, alice: Any, tuned: Any, settings: Any
) -> None:
    settings.SAFETY_LOG_TEXT = True

    def said() -> Any:
        text = f"I want to kill myself, {MARK}"
        talk, _ = services.conversation_start(team=team, user=alice, assistants=[tuned], text=text)
        Message.objects.update(state="done")
        assert "chat_safetytext.text" in rows_with(MARK)
        return talk

    services.conversation_delete(conversation=said())
    assert chats_sweep(now=timezone.now() + 2 * UNDO)["safety texts"] == 1
    assert rows_with(MARK) == []
    said()
    everything_delete(user=alice)
    assert rows_with(MARK) == []
    assert SafetyEntry.objects.exists()  # that it was, and nothing of what was said
    said()
    settings.CHAT_KEEP_DAYS = 7
    chats_sweep(now=timezone.now() + 8 * DAY)
    assert rows_with(MARK) == []


@pytest.mark.django_db
def test_a_message_starts_the_timer_anew(marked: Any, alice: Any) -> None:
    PrivacyChoice.objects.create(user=alice, keep_days=7)
    old = timezone.now() - 8 * DAY
    Conversation.objects.update(updated_at=old)
    SessionNote.objects.update(updated_at=old)
    [left, _] = services.message_send(conversation=marked, text="Again.")
    counts = chats_sweep()
    assert counts == {"session notes": 1}
    assert Message.objects.filter(pk=left.pk).exists()


@pytest.mark.django_db
def test_the_log_has_counts_and_no_words(
    marked: Any, alice: Any, caplog: pytest.LogCaptureFixture
) -> None:
    services.conversation_delete(conversation=marked)
    Conversation.objects.update(deleted_at=timezone.now() - 2 * UNDO)
    with caplog.at_level(logging.INFO, logger="chat.privacy"):
        task()
    [line] = [record.getMessage() for record in caplog.records if record.name == "chat.privacy"]
    assert line == "deleted by time: 1 conversations, 3 messages, 1 votes"
    assert MARK not in caplog.text
    assert alice.username not in caplog.text


def test_the_beat_has_it() -> None:
    assert CELERY_BEAT_SCHEDULE["chats"]["task"] == task.name
    assert CELERY_BEAT_SCHEDULE["chats"]["schedule"] <= UNDO.total_seconds()


@pytest.mark.parametrize(
    ("most", "offered"), [(0, [0, 30, 7, 1]), (30, [0, 7, 1]), (10, [0, 7, 1]), (1, [0])]
)
def test_no_choice_is_longer_than_the_operator_allows(most: int, offered: list[int]) -> None:
    periods = periods_allowed(most)
    assert [days for days, _ in periods] == offered
    assert all(days_kept(days, most) <= (most or days) for days, _ in periods)
    if most:
        assert str(most) in periods[0][1]
