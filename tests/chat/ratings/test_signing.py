"""Shared pairs become a data set after a reviewer's signature, and only what is still shared."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chat.conversations import services as talks
from chat.conversations.models import Conversation
from chat.conversations.votes import vote_cast
from chat.ratings.models import SharedDownload
from chat.ratings.services import vote_share
from chat.ratings.signing.models import PairSet
from chat.ratings.signing.selectors import pairs_shared
from chat.ratings.signing.services import pair_set_answer, pair_set_ask
from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.limits import Limits
from finetune.exceptions import StudioError

from .conftest import answered

pytestmark = pytest.mark.django_db
FEWEST = Limits().min_dialogues


@pytest.fixture
def votes(team: Any, alice: Any, tuned: Any, plain: Any) -> list[Conversation]:
    """As many shared votes as a data set needs, and one that is not shared."""
    made = []
    for number in range(FEWEST + 2):
        talk, replies = talks.conversation_start(
            team=team, user=alice, assistants=[tuned, plain], text=f"Day {number}: I am tired."
        )
        answered(talk, replies)
        vote_cast(conversation=talk, turn=1, choice="a" if number % 2 else "b")
        if number < FEWEST + 1:
            vote_share(conversation=talk, turn=1, share=True)
        made.append(talk)
    return made


@pytest.fixture
def reviewer(bob: Any) -> Any:
    """Bob, of the same team, with the right."""
    bob.user_permissions.add(Permission.objects.get(codename="sign_preferences"))
    return type(bob).objects.get(pk=bob.pk)  # rights are kept with the object


def asked(team: Any, alice: Any) -> PairSet:
    return pair_set_ask(team=team, user=alice, name="Ours", marks=list(pairs_shared(team)))


def test_a_signature_makes_a_data_set_of_what_is_shared(
    team: Any, alice: Any, reviewer: Any, votes: list[Conversation]
) -> None:
    row = asked(team, alice)
    assert len(row.marks) == FEWEST + 1
    assert row.dataset is None
    vote_share(conversation=votes[0], turn=1, share=False)  # withdrawn before the signature
    row = pair_set_answer(row=row, reviewer=reviewer, sign=True, words="Read them all; kind.")
    assert row.dataset is not None
    assert row.dataset.team == team
    assert row.dataset.licence.startswith("shared by members; signed by bob on 20")
    text = row.dataset.original_file.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == FEWEST
    assert set(lines[0]) == {"prompt", "chosen", "rejected", "id"}
    assert "Day 0:" not in text
    assert f"Day {FEWEST + 1}:" not in text
    assert SharedDownload.objects.get().lines == FEWEST  # its people see that a copy was taken
    report = examine(row.dataset.original_file, row.dataset.folder / "out", Options())
    assert (report.kind, report.dialogues, report.errors) == ("preference", FEWEST, 0)


def test_nobody_signs_alone_twice_or_without_words(
    team: Any, alice: Any, reviewer: Any, votes: list[Conversation]
) -> None:
    row = asked(team, alice)
    for who, words, code in ((reviewer, " ", "no_words"), (alice, "Good.", "own_wish")):
        with pytest.raises(StudioError) as refused:
            pair_set_answer(row=row, reviewer=who, sign=True, words=words)
        assert refused.value.code == code
    row = pair_set_answer(row=row, reviewer=reviewer, sign=False, words="Too private.")
    assert (row.state, row.dataset) == ("refused", None)
    with pytest.raises(StudioError) as again:
        pair_set_answer(row=row, reviewer=reviewer, sign=True, words="After all.")
    assert again.value.code == "answered"
    assert not SharedDownload.objects.exists()


def test_too_few_are_no_data_set(
    team: Any, alice: Any, reviewer: Any, votes: list[Conversation]
) -> None:
    with pytest.raises(StudioError, match="at least"):
        pair_set_ask(team=team, user=alice, name="", marks=list(pairs_shared(team))[:2])
    row = asked(team, alice)
    for talk in votes[:2]:
        vote_share(conversation=talk, turn=1, share=False)
    with pytest.raises(StudioError, match="still shared"):
        pair_set_answer(row=row, reviewer=reviewer, sign=True, words="Fine.")
    row.refresh_from_db()
    assert row.is_asked


def test_the_pages(
    client: Client,
    team: Any,
    alice: Any,
    bob: Any,
    charlie: Any,
    reviewer: Any,
    votes: list[Conversation],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    client.force_login(alice)
    page = client.get("/chat/team-ratings/sets/").content.decode()
    assert page.count('name="pair"') == FEWEST + 1
    marks = list(pairs_shared(team))
    few = client.post("/chat/team-ratings/sets/", {"pair": marks[:1]})
    assert few.status_code == 422
    assert f"at least {FEWEST}" in few.content.decode()
    made = client.post("/chat/team-ratings/sets/", {"pair": marks, "name": "Ours"})
    url = made["location"]
    page = client.get(url).content.decode()
    assert "It waits for a reviewer" in page
    assert client.post(url, {"answer": "sign", "words": "Me."}).status_code == 403
    client.force_login(charlie)
    assert client.get(url).status_code == 404
    client.force_login(reviewer)
    page = client.get(url).content.decode()
    assert "Preferred" in page
    assert 'name="answer" value="sign"' in page
    assert client.post("/chat/team-ratings/sets/", {"pair": marks}).status_code == 403
    assert client.post(url, {"answer": "sign", "words": ""}).status_code == 422
    with django_capture_on_commit_callbacks():
        assert client.post(url, {"answer": "sign", "words": "Read."}).status_code == 302
    vote_share(conversation=votes[0], turn=1, share=False)
    page = client.get(url).content.decode()
    assert "1 pair has been withdrawn since and is still in the data set" in page
    assert "1 withdrawn since" in client.get("/chat/team-ratings/sets/").content.decode()


def test_a_member_without_the_right_sees_none_of_it(
    client: Client, team: Any, alice: Any, bob: Any, votes: list[Conversation]
) -> None:
    row = asked(team, alice)
    client.force_login(bob)
    assert client.get("/chat/team-ratings/sets/").status_code == 403
    assert client.get(f"/chat/team-ratings/sets/{row.public_id}/").status_code == 403
