"""“Your chats”: choices, the copy, deletion with its receipt; each person's own."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client

from chat.consent.texts import CURRENT
from chat.conversations import services
from chat.conversations.models import Conversation, Message
from chat.notes.services import note_create
from chat.privacy.models import DeletionReceipt, PrivacyChoice
from finetune.teams.services import member_remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def copy_of(client: Client) -> dict[str, str]:
    answer = client.get("/chat/yours/export/")
    assert answer["Content-Type"] == "application/zip"
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_choosing(hers: Client, alice: Any, settings: Any) -> None:
    page = hers.get("/chat/yours/").content.decode()
    assert page.count('type="radio"') == 6
    assert hers.post("/chat/yours/", {"keep_days": "7", "tab": "name"}).status_code == 302
    choice = PrivacyChoice.objects.get(user=alice)
    assert (choice.keep_days, choice.tab) == (7, "name")
    for bad in ({"keep_days": "8", "tab": "name"}, {"keep_days": "7", "tab": "x"}, {}):
        assert hers.post("/chat/yours/", bad).status_code == 422
    settings.CHAT_KEEP_DAYS = 7
    from chat.consent.services import consent_give

    consent_give(user=alice, language="en")
    assert hers.post("/chat/yours/", {"keep_days": "30", "tab": "neutral"}).status_code == 422
    page = hers.get("/chat/yours/").content.decode()
    assert "7 days, the site’s limit" in page
    assert "30 days" not in page


def test_the_tab_says_nothing_unless_asked(hers: Client, alice: Any, talk: Any) -> None:
    url = f"/chat/{talk.public_id}/"

    def title() -> str:
        page = hers.get(url).content.decode()
        return page.split("<title>")[1].split("</title>")[0]

    assert title() == "Chat · Wukong Studio"
    assert 'data-tab="neutral"' in hers.get(url).content.decode()
    hers.post("/chat/yours/", {"keep_days": "0", "tab": "name"})
    assert title() == f"{talk.title} · Wukong Studio"
    for path in ("/chat/", "/chat/yours/", "/chat/notes/", "/chat/consent/", "/chat/help/"):
        page = hers.get(path, follow=True).content.decode()
        named = page.split("<title>")[1].split("</title>")[0].lower()
        assert not {"mental", "crisis", "support", "suicide"} & set(named.split()), path


def test_the_way_out_is_on_every_chat_page(hers: Client, talk: Any, settings: Any) -> None:
    settings.QUICK_EXIT_URL = "https://weather.example/"
    paths = ["/chat/", f"/chat/{talk.public_id}/", "/chat/yours/", "/chat/notes/", "/chat/help/"]
    for path in paths:
        answer = hers.get(path)
        page = answer.content.decode()
        link = 'leave" href="https://weather.example/" rel="noreferrer" data-exit='
        assert page.count(link) == 1, path
        assert "js/chat/exit.js" in page
        assert "no-store" in answer["Cache-Control"], path


def test_a_copy_holds_everything_of_hers(
    hers: Client, alice: Any, bob: Any, talk: Any, team: Any, tuned: Any, plain: Any
) -> None:
    services.conversation_start(team=team, user=bob, assistants=[tuned], text="Of Bob alone.")
    blind, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Ich bin müde 我很累"
    )
    for reply in replies:
        services.reply_finish(message_id=reply.pk, state="done", content="Tell me.")
    note = note_create(user=alice, conversation=talk)
    services.conversation_delete(conversation=talk)
    files = copy_of(hers)
    text = "".join(files.values())
    assert "I keep waking up at 4am." in text
    assert "What wakes you?" in text
    assert note.text in text
    assert "Of Bob alone." not in text
    name = next(name for name in files if blind.public_id in name and name.endswith(".json"))
    data = json.loads(files[name])
    assert data["messages"][0]["text"] == "Ich bin müde 我很累"
    assert {one["written_by"] for one in data["messages"]} == {"You", "Left", "Right"}
    assert tuned.title not in files[name]  # blind until the vote, here too
    about = json.loads(files["about-you.json"])
    assert about["name"] == "alice"
    assert about["consents"][0]["version"] == CURRENT
    assert about["choices"] == {"country": "", "keep_days": 0, "tab": "neutral"}
    kinds = ("conversations/", "notes/", "README.txt", "about-you.json")
    assert all(name.startswith(kinds) for name in files)


@pytest.mark.django_db(transaction=True)
def test_who_left_the_team_can_still_take_a_copy_and_delete(
    client: Client, bob: Any, team: Any, tuned: Any
) -> None:
    services.conversation_start(team=team, user=bob, assistants=[tuned], text="Of Bob alone.")
    member_remove(membership=bob.memberships.get())
    client.force_login(bob)
    assert "Of Bob alone." in "".join(copy_of(client).values())
    client.post("/chat/yours/delete/")
    assert not Conversation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_everything_shows_a_receipt(hers: Client, alice: Any, talk: Any) -> None:
    [reply] = services.message_send(conversation=talk, text="One more")  # still being written
    answer = hers.post("/chat/yours/delete/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert not Message.objects.exists()
    page = hers.get(answer["location"]).content.decode()
    receipt = DeletionReceipt.objects.get(user=alice)
    for words in (receipt.public_id, "You asked for it", "safety log", "Messages</dt><dd>4"):
        assert words in page
    data = hers.get(answer["location"], {"format": "json"}).json()
    assert data["deleted"] == {"conversations": 1, "messages": 4}
    assert data["id"] == receipt.public_id
    assert any("safety log" in words for words in data["not_deleted"])
    assert receipt.public_id in hers.get("/chat/yours/").content.decode()
    assert not services.reply_finish(message_id=reply.pk, state="done", content="Too late")
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_else_sees_a_receipt_or_a_copy(
    hers: Client, client: Client, alice: Any, bob: Any, talk: Any
) -> None:
    hers.post("/chat/yours/delete/")
    receipt = DeletionReceipt.objects.get(user=alice)
    client.force_login(bob)
    assert client.get(f"/chat/yours/receipts/{receipt.public_id}/").status_code == 404
    assert alice.username not in "".join(copy_of(client).values())
    for path in ("", "export/", "delete/"):
        answer = Client().post(f"/chat/yours/{path}")
        assert "/sign-in/" in answer["location"]
    assert client.get("/chat/yours/delete/").status_code == 405


def test_a_deleted_talk_can_be_brought_back_from_here(hers: Client, talk: Any) -> None:
    hers.post(f"/chat/{talk.public_id}/delete/")
    page = hers.get("/chat/yours/").content.decode()
    assert f"/chat/{talk.public_id}/restore/" in page
    assert hers.post(f"/chat/{talk.public_id}/restore/").status_code == 302
    assert f"/chat/{talk.public_id}/restore/" not in hers.get("/chat/yours/").content.decode()
