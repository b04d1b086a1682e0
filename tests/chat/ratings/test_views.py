"""Rating on the page, the list of it, and the files: one's own and a team's."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client

from chat.conversations.models import Conversation, Message, Vote
from chat.conversations.votes import vote_cast
from chat.ratings.models import Rating, SharedDownload
from chat.ratings.services import reply_rate, vote_share
from finetune.teams.models import Membership
from finetune.teams.services import member_remove

from .conftest import reply_of

pytestmark = pytest.mark.django_db
BOX = "My team may use this exchange to improve its assistants"


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def page_of(client: Client, talk: Conversation) -> str:
    return client.get(f"/chat/{talk.public_id}/").content.decode()


def test_a_rating_without_a_script(hers: Client, talk: Conversation) -> None:
    url, reply = f"/chat/{talk.public_id}/", reply_of(talk)
    page = page_of(hers, talk)
    assert 'value="helpful" aria-pressed="false"' in page
    assert BOX not in page  # asked only of who has rated
    answer = hers.post(url + "rate/", {"reply": reply.public_id, "verdict": "not_helpful"})
    assert answer["location"] == f"{url}#{reply.public_id}"
    page = page_of(hers, talk)
    assert 'value="not_helpful" aria-pressed="true"' in page
    assert "What did not help?" in page
    box = page.split(BOX)[0].rsplit("<input", 1)[1]
    assert "checked" not in box
    words = {"reply": reply.public_id, "verdict": "not_helpful", "words": "It <b>lectured</b> me."}
    hers.post(url + "rate/", words)
    assert Rating.objects.get().shared_at is None
    assert "It &lt;b&gt;lectured&lt;/b&gt; me.</textarea>" in page_of(hers, talk)
    hers.post(url + "rate/", {**words, "share": "yes"})
    assert Rating.objects.get().shared_at is not None
    assert "shared with your team" in page_of(hers, talk)
    hers.post(url + "rate/", words)  # the box is not ticked any more
    assert Rating.objects.get().shared_at is None
    hers.post(url + "rate/", {"reply": reply.public_id, "verdict": "none"})
    assert not Rating.objects.exists()


def test_a_script_hears_why_not(hers: Client, talk: Conversation) -> None:
    url, script = f"/chat/{talk.public_id}/rate/", {"x-requested-with": "fetch"}
    reply = reply_of(talk).public_id
    for data, words in (
        ({"reply": reply, "verdict": "great"}, "helpful or not helpful"),
        ({"reply": "x", "verdict": "helpful"}, "no such reply"),
        ({"reply": reply, "verdict": "none"}, "no rating"),
        ({"reply": reply, "verdict": "helpful", "words": "x" * 1001}, "1,000 fit"),
    ):
        answer = hers.post(url, data, headers=script)
        assert answer.status_code == 422
        assert words in answer.json()["error"]["message"]
    assert not Rating.objects.exists()
    good = hers.post(url, {"reply": reply, "verdict": "helpful"}, headers=script)
    assert good.json() == {"location": f"/chat/{talk.public_id}/"}


def test_earlier_variants_are_rated_too(hers: Client, talk: Conversation, again: Any) -> None:
    first = reply_of(talk)
    again(talk, "a")
    page = page_of(hers, talk)
    assert page.count('value="not_helpful"') == 2
    assert f'id="helpful-{first.public_id}"' in page


def test_nobody_in_danger_is_asked(hers: Client, talk: Conversation, said: Any) -> None:
    said(talk, "I want to kill myself.")
    [turn, grave] = page_of(hers, talk).split('<li class="turn"')[1:]
    assert 'name="verdict"' in turn
    assert 'class="care-card"' in grave
    assert 'name="verdict"' not in grave
    assert BOX not in grave


def test_reviewed_words_have_no_box(hers: Client, talk: Conversation) -> None:
    reply = reply_of(talk)
    reply_rate(conversation=talk, reply_id=reply.public_id, helpful=True)
    assert BOX in page_of(hers, talk)
    Message.objects.filter(pk=reply.pk).update(writer="library")
    page = page_of(hers, talk)
    assert 'name="words"' in page
    assert BOX not in page


def test_a_vote_is_shared_after_it_was_given(hers: Client, both: Conversation) -> None:
    url = f"/chat/{both.public_id}/"
    assert BOX not in page_of(hers, both)
    hers.post(url + "vote/", {"turn": "1", "choice": "a"})
    assert BOX in page_of(hers, both)
    assert Vote.objects.get().shared_at is None
    answer = hers.post(url + "vote/share/", {"turn": "1", "share": "yes"})
    assert answer["location"] == url + "#turn-1"
    assert Vote.objects.get().shared_at is not None
    hers.post(url + "vote/", {"turn": "1", "choice": "b"})  # a change of mind is still shared
    assert Vote.objects.get().shared_at is not None
    hers.post(url + "vote/share/", {"turn": "1"})
    assert Vote.objects.get().shared_at is None
    assert hers.post(url + "vote/share/", {"turn": "one"}).status_code == 400


def test_the_list_shows_what_the_team_gets(hers: Client, both: Conversation, team: Any) -> None:
    assert "No ratings yet" in hers.get("/chat/yours/ratings/").content.decode()
    reply = reply_of(both, "a")
    words = "Warm and short."
    reply_rate(conversation=both, reply_id=reply.public_id, helpful=True, words=words, share=True)
    page = hers.get("/chat/yours/ratings/").content.decode()
    assert words in page
    assert f"Shared with <bdi>{team.name}</bdi>" in page
    assert "I cannot sleep." in page
    assert reply.content in page
    assert reply_of(both, "b").content not in page
    assert reply.assistant not in page  # still blind
    assert "Nobody has taken a copy yet." in page
    vote_cast(conversation=both, turn=1, choice="a")
    vote_share(conversation=both, turn=1, share=True)
    page = hers.get("/chat/yours/ratings/").content.decode()
    assert "Vote: Left" in page
    assert reply_of(both, "b").content in page
    hers.post("/chat/team-ratings/file/", {"kind": "singles"})
    assert "An owner took a copy" in hers.get("/chat/yours/ratings/").content.decode()
    data = {"kind": "rating", "key": str(Rating.objects.get().pk)}
    assert hers.post("/chat/yours/ratings/stop/", data).status_code == 302
    assert Rating.objects.get().shared_at is None
    assert hers.post("/chat/yours/ratings/stop/", {"kind": "x"}).status_code == 400


def test_the_count_stands_under_your_chats(hers: Client, talk: Conversation) -> None:
    reply_rate(conversation=talk, reply_id=reply_of(talk).public_id, helpful=True)
    page = hers.get("/chat/yours/").content.decode()
    assert '<a href="/chat/yours/ratings/">1</a>' in page


def test_who_left_the_team_can_stop_sharing(
    client: Client, bob: Any, team: Any, tuned: Any
) -> None:
    from chat.conversations import services

    talk, [reply] = services.conversation_start(
        team=team, user=bob, assistants=[tuned], text="A good day."
    )
    services.reply_finish(message_id=reply.pk, state="done", content="Tell me.")
    rating = reply_rate(conversation=talk, reply_id=reply.public_id, helpful=True, share=True)
    member_remove(membership=bob.memberships.get())
    client.force_login(bob)
    assert "Shared with" in client.get("/chat/yours/ratings/").content.decode()
    client.post("/chat/yours/ratings/stop/", {"kind": "rating", "key": str(rating.pk)})
    rating.refresh_from_db()
    assert rating.shared_at is None


def test_ones_own_files(hers: Client, client: Client, bob: Any, both: Conversation) -> None:
    vote_cast(conversation=both, turn=1, choice="a")
    answer = hers.get("/chat/yours/ratings/file/", {"kind": "pairs"})
    assert answer["Content-Type"] == "application/jsonl"
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    [line] = answer.content.decode().splitlines()
    assert set(json.loads(line)) == {"prompt", "chosen", "rejected", "metadata"}
    assert hers.get("/chat/yours/ratings/file/", {"kind": "singles"}).content == b""
    assert hers.get("/chat/yours/ratings/file/", {"kind": "all"}).status_code == 400
    assert not SharedDownload.objects.exists()
    client.force_login(bob)
    assert client.get("/chat/yours/ratings/file/", {"kind": "pairs"}).content == b""


def test_an_owner_takes_the_teams_file_and_is_noted(
    hers: Client, client: Client, alice: Any, bob: Any, team: Any, talk: Conversation
) -> None:
    reply = reply_of(talk).public_id
    reply_rate(conversation=talk, reply_id=reply, helpful=True, words="Secret", share=True)
    page = hers.get("/chat/team-ratings/").content.decode()
    assert "<dt>Single ratings</dt><dd>1</dd>" in page
    assert "Secret" not in page
    answer = hers.post("/chat/team-ratings/file/", {"kind": "singles"})
    [line] = answer.content.decode().splitlines()
    assert json.loads(line)["label"] is True
    taken = SharedDownload.objects.get()
    assert (taken.team, taken.by, taken.lines) == (team, "alice", 1)
    assert "1 line," in hers.get("/chat/team-ratings/").content.decode()
    assert hers.get("/chat/team-ratings/file/").status_code == 405
    assert hers.post("/chat/team-ratings/file/", {"kind": "x"}).status_code == 400
    assert SharedDownload.objects.count() == 1
    client.force_login(bob)
    assert bob.memberships.get().role != Membership.Role.OWNER
    assert client.get("/chat/team-ratings/").status_code == 403
    assert client.post("/chat/team-ratings/file/", {"kind": "singles"}).status_code == 403
    assert "team-ratings" not in client.get("/chat/yours/ratings/").content.decode()


def test_a_copy_and_a_deletion_take_ratings_along(hers: Client, talk: Conversation) -> None:
    reply = reply_of(talk)
    reply_rate(conversation=talk, reply_id=reply.public_id, helpful=False, words="Too long.")
    answer = hers.get("/chat/yours/export/")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(f"{talk.public_id}.json")]
        data = json.loads(archive.read(name))
    asked, answered = data["messages"]
    assert asked["rating"] is None
    assert answered["rating"]["words"] == "Too long."
    assert answered["rating"]["helpful"] is False
    assert answered["rating"]["shared_at"] is None
    hers.post("/chat/yours/delete/")
    assert not Rating.objects.exists()


def test_no_words_of_a_rating_in_the_console(hers: Client, alice: Any, talk: Conversation) -> None:
    rating = reply_rate(
        conversation=talk, reply_id=reply_of(talk).public_id, helpful=True, words="Mine alone."
    )
    alice.is_staff = alice.is_superuser = True
    alice.save()
    hers.force_login(alice)
    for path in ("rating/", f"rating/{rating.pk}/change/", "shareddownload/"):
        answer = hers.get(f"/admin/chat/{path}")
        assert answer.status_code == 200
        assert "Mine alone." not in answer.content.decode()
    assert hers.get("/admin/chat/rating/add/").status_code == 403
