"""A note is its person's; a link shows that note alone, until it lapses or is revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chat.conversations.models import Conversation
from chat.notes.models import SessionNote
from chat.notes.services import MOST_NOTES, note_create, note_share

pytestmark = pytest.mark.django_db


@pytest.fixture
def note(talk: Any, alice: Any) -> Any:
    return note_create(user=alice, conversation=talk)


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def shared(note: Any) -> str:
    note_share(note=note, days="7")
    return f"/chat/shared/{note.public_id}/{note.token}/"


def test_a_note_begins_with_her_words(hers: Client, talk: Any, alice: Any) -> None:
    answer = hers.post(f"/chat/{talk.public_id}/note/")
    note = SessionNote.objects.get(user=alice)
    assert answer["location"] == f"/chat/notes/{note.public_id}/"
    assert "“I keep waking up at 4am.”" in note.text
    assert "What wakes you?" not in note.text  # nothing that the model wrote
    script = hers.post(f"/chat/{talk.public_id}/note/", headers={"x-requested-with": "fetch"})
    assert script.json()["location"].startswith("/chat/notes/note-")
    assert hers.get("/chat/notes/").content.decode().count("/chat/notes/note-") == 2


def test_editing(hers: Client, note: Any) -> None:
    url = f"/chat/notes/{note.public_id}/"
    hers.post(url, {"title": "  For  Dr. Lee ", "text": "I sleep badly.\r\nSince May."})
    note.refresh_from_db()
    assert (note.title, note.text) == ("For Dr. Lee", "I sleep badly.\nSince May.")
    for bad in (
        {"title": "", "text": "x"},
        {"title": "x", "text": " "},
        {"title": "x", "text": "x" * 20_001},
    ):
        answer = hers.post(url, bad)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    note.refresh_from_db()
    assert note.text == "I sleep badly.\nSince May."


def test_text_is_text(hers: Client, note: Any) -> None:
    hers.post(f"/chat/notes/{note.public_id}/", {"title": "<b>x</b>", "text": "<script>1</script>"})
    for page in (hers.get(f"/chat/notes/{note.public_id}/"), Client().get(shared(note))):
        assert "<script>1" not in page.content.decode()
        assert "&lt;script&gt;1" in page.content.decode()


def test_a_link_shows_the_note_alone(note: Any, talk: Any, alice: Any, team: Any) -> None:
    answer = Client().get(shared(note))
    page = answer.content.decode()
    assert "I keep waking up at 4am." in page
    for other in (
        alice.username,
        team.name,
        talk.public_id,
        "What wakes you?",
        talk.title[:10] + "\n",
    ):
        assert other not in page
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert '<meta name="robots" content="noindex' in page
    assert not answer.cookies


def test_a_link_ends(hers: Client, note: Any) -> None:
    first = shared(note)
    assert Client().get(first).status_code == 200
    second = shared(note)  # a new one ends the old one
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    hers.post(f"/chat/notes/{note.public_id}/unshare/")
    assert Client().get(second).status_code == 404
    third = shared(note)
    SessionNote.objects.update(shared_until=timezone.now() - timedelta(seconds=1))
    assert Client().get(third).status_code == 404
    fourth = shared(note)
    hers.post(f"/chat/notes/{note.public_id}/delete/")
    assert Client().get(fourth).status_code == 404
    assert not SessionNote.objects.exists()


def test_nobody_guesses_or_finds_a_link(note: Any, settings: Any) -> None:
    url = shared(note)
    assert note.token not in "".join(map(str, SessionNote.objects.values_list()))
    assert Client().get(url.replace(note.token, "0" * 64)).status_code == 404
    other = SessionNote.objects.create(user=note.user, title="x", text="y")
    assert Client().get(url.replace(note.public_id, other.public_id)).status_code == 404
    assert Client().get(f"/chat/shared/{other.public_id}/{other.token}/").status_code == 404
    settings.SECRET_KEY = "another"
    assert Client().get(url).status_code == 404


def test_choosing_how_long(hers: Client, note: Any) -> None:
    url = f"/chat/notes/{note.public_id}/"
    for days in ("1", "7", "30"):
        hers.post(f"{url}share/", {"days": days})
        note.refresh_from_db()
        left = note.shared_until - timezone.now()
        assert timedelta(days=int(days)) - left < timedelta(minutes=1)
        assert note.token in hers.get(url).content.decode()
    before = note.share_nonce
    hers.post(f"{url}share/", {"days": "365"})
    note.refresh_from_db()
    assert note.share_nonce == before


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_nobody_else_has_it(client: Client, note: Any, talk: Any, request: Any, who: str) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.get(f"/chat/notes/{note.public_id}/").status_code == 404
    for path in ("", "share/", "unshare/", "delete/"):
        data = {"title": "x", "text": "x", "days": "7"}
        assert client.post(f"/chat/notes/{note.public_id}/{path}", data).status_code == 404
    assert client.post(f"/chat/{talk.public_id}/note/").status_code == 404
    assert note.public_id not in client.get("/chat/notes/").content.decode()
    note.refresh_from_db()
    assert not note.is_shared


def test_it_outlives_its_conversation_until_deleted(hers: Client, note: Any, talk: Any) -> None:
    Conversation.objects.filter(pk=talk.pk).delete()
    page = hers.get(f"/chat/notes/{note.public_id}/").content.decode()
    assert "its conversation" not in page
    assert "I keep waking up" in page


def test_there_is_an_end_to_notes(talk: Any, alice: Any, hers: Client) -> None:
    rows = [SessionNote(user=alice, title="x", text="y") for _ in range(MOST_NOTES)]
    SessionNote.objects.bulk_create(rows)
    answer = hers.post(f"/chat/{talk.public_id}/note/", follow=True)
    assert "which is the limit" in answer.content.decode()
    assert SessionNote.objects.count() == MOST_NOTES
