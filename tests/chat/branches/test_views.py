"""The page of a talk with branches, without a script: forms, links, a copy's edge, the list."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.test import AsyncClient, Client

from chat.branches.services import branch_continue, branch_edit
from chat.conversations import services
from chat.conversations.models import Conversation, Message
from chat.handovers.selectors import shared_by
from chat.handovers.services import handover_ask
from chat.privacy.deletion import everything_delete
from tests.chat.conftest import ScriptedEngine

pytestmark = pytest.mark.django_db
SCRIPT = {"x-requested-with": "fetch"}


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def edited(talk: Any) -> Any:
    """Alice's talk of two turns, and a branch that says something else in the second."""
    [reply] = services.message_send(conversation=talk, text="My work.")
    services.reply_finish(message_id=reply.pk, state="done", content="Say more.")
    branch, [reply] = branch_edit(conversation=talk, turn=2, text="My neighbour.")
    services.reply_finish(message_id=reply.pk, state="done", content="What about them?")
    return branch


@pytest.mark.django_db(transaction=True)
async def test_an_edit_is_answered_in_a_branch_and_sent_twice_it_is_one(
    async_client: AsyncClient, alice: Any, talk: Any, engine: ScriptedEngine
) -> None:
    await async_client.aforce_login(alice)
    url = f"/chat/{talk.public_id}/"
    page = (await async_client.get(url)).content.decode()
    form = page[page.index(f'action="{url}edit/"') :]
    assert ">I keep waking up at 4am.</textarea>" in form
    sent = {"turn": "1", "text": "I sleep too long."}
    answers = [await async_client.post(f"{url}edit/", sent) for _ in range(2)]
    branch = await Conversation.objects.exclude(pk=talk.pk).aget()
    assert {answer["location"] for answer in answers} == {f"/chat/{branch.public_id}/#end"}
    reply = await branch.messages.aget(side="a")
    assert (reply.state, reply.content) == ("done", "I hear you. That sounds hard.")
    asked = engine.requests[0]["messages"]
    assert [one["content"] for one in asked if one["role"] == "user"] == ["I sleep too long."]
    assert await talk.messages.acount() == 2


def test_both_pages_lead_to_each_other(hers: Client, talk: Any, edited: Any) -> None:
    one = hers.get(f"/chat/{talk.public_id}/").content.decode()
    other = hers.get(f"/chat/{edited.public_id}/").content.decode()
    assert "1 of 2" in one
    assert f'href="/chat/{edited.public_id}/#turn-2" aria-label="Version after this one"' in one
    assert "2 of 2" in other
    assert f'href="/chat/{talk.public_id}/#turn-2" aria-label="Version before this one"' in other
    assert other.index("What wakes you?") < other.index("Up to here this is a copy. It comes from")
    assert "Up to here" not in one
    assert other.count("Branch at message 2 · ") == 1  # in the list, beside the branch alone


def test_going_on_in_a_new_talk(hers: Client, talk: Any) -> None:
    url = f"/chat/{talk.public_id}/"
    assert "Continue from here in a new talk" in hers.get(url).content.decode()
    answer = hers.post(f"{url}branch/", {"turn": "1"}, headers=SCRIPT)
    branch = Conversation.objects.get(branched_from=talk)
    assert answer.json() == {"location": f"/chat/{branch.public_id}/"}
    assert branch.messages.count() == 2
    again = hers.post(f"{url}branch/", {"turn": "1"}, headers=SCRIPT)
    assert again.json() == answer.json()  # a double click
    hers.post(f"/chat/{branch.public_id}/delete/")
    anew = hers.post(f"{url}branch/", {"turn": "1"}, headers=SCRIPT)
    assert anew.json() != answer.json()
    branch = Conversation.objects.get(branched_from=talk, deleted_at=None)
    page = hers.get(f"/chat/{branch.public_id}/").content.decode()
    assert "Up to here this is a copy. It comes from" in page
    hers.post(f"{url}delete/")
    page = hers.get(f"/chat/{branch.public_id}/").content.decode()
    assert "a copy of a talk that was deleted" in page


@pytest.mark.parametrize("data", [{"turn": "1"}, {"turn": "7", "text": "x"}])
def test_what_cannot_be_is_said(hers: Client, talk: Any, data: dict[str, str]) -> None:
    answer = hers.post(f"/chat/{talk.public_id}/edit/", data, headers=SCRIPT)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    for bad in ("", "one", "-1.5"):
        for place in ("edit", "branch"):
            sent = {"turn": bad, "text": "x"}
            assert hers.post(f"/chat/{talk.public_id}/{place}/", sent).status_code == 400
    assert Conversation.objects.count() == 1


def test_nobody_branches_without_agreeing(client: Client, alice: Any, talk: Any) -> None:
    alice.consents.all().delete()
    client.force_login(alice)
    for place in ("edit", "branch"):
        answer = client.post(f"/chat/{talk.public_id}/{place}/", {"turn": "1", "text": "x"})
        assert answer["location"].startswith("/chat/consent/")
    assert Conversation.objects.count() == 1


def test_deleting_a_talk_offers_its_other_versions(hers: Client, talk: Any, edited: Any) -> None:
    url = f"/chat/{talk.public_id}/"
    assert "Delete it with its 1 other version<" in hers.get(url).content.decode()
    hers.post(f"{url}delete/all/")
    assert not Conversation.objects.filter(deleted_at=None).exists()
    hers.post(f"{url}restore/")
    assert Conversation.objects.filter(deleted_at=None).count() == 2


def test_a_copy_of_everything_marks_what_is_copied(hers: Client, talk: Any, edited: Any) -> None:
    answer = hers.get("/chat/yours/export/")
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    data = json.loads(next(files[name] for name in files if f"{edited.public_id}.json" in name))
    assert (data["branch_of"], data["first_own_turn"]) == (talk.public_id, 2)
    first = talk.messages.get(turn=1, side="")
    assert [one["copy_of"] for one in data["messages"]][::2] == [first.public_id, None]
    text = next(files[name] for name in files if f"{edited.public_id}.md" in name)
    copied, own = text.split("**You** · ")[1:]
    assert " · copied from another talk\n\n> I keep waking up at 4am.\n" in copied
    assert "copied" not in own
    assert own.split("\n")[2] == "> My neighbour."
    data = json.loads(next(files[name] for name in files if f"{talk.public_id}.json" in name))
    assert (data["branch_of"], data["first_own_turn"]) == (None, 1)
    assert {one["copy_of"] for one in data["messages"]} == {None}


def test_deleting_everything_counts_the_rows_of_branches(
    alice: Any, talk: Any, edited: Any
) -> None:
    receipt = everything_delete(user=alice)
    assert receipt.counts == {"conversations": 2, "messages": 8}
    assert not Message.objects.exists()


def test_a_person_sees_what_this_talk_shows(talk: Any, edited: Any, settings: Any) -> None:
    settings.HANDOVER = True
    handover_ask(conversation=talk, shares="all", words="")
    assert edited.handovers.count() == 0  # nobody was asked in the branch
    branch = branch_continue(conversation=edited, turn=1)
    shown = shared_by(handover_ask(conversation=branch, shares="all", words=""))
    assert [one.text for one in shown] == ["I keep waking up at 4am.", "What wakes you?"]
