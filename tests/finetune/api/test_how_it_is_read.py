"""What an upload says of how its chat is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finetune.datasets.models import Dataset
from finetune.teams.keys.services import key_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(team: Any, alice: Any) -> Any:
    _, secret = key_create(team=team, user=alice, name="hers")

    def sent(**fields: Any) -> Any:
        file = SimpleUploadedFile("chat.txt", b"[01.02.24, 10:00:00] Ada: Hello\n")
        return Client().post(
            "/v1/files",
            {"file": file, "purpose": "fine-tune", **fields},
            headers={"authorization": f"Bearer {secret}"},
        )

    return sent


def test_a_pause_and_a_speaker_are_kept_with_the_file(upload: Any) -> None:
    answer = upload(pause_hours="2", speaker="Ada")
    assert answer.status_code == 200, answer.content
    made = Dataset.objects.get(public_id=answer.json()["id"])
    assert (made.options["pause_hours"], made.options["speaker"]) == (2, "Ada")
    plain = Dataset.objects.get(public_id=upload().json()["id"])
    assert "pause_hours" not in plain.options


@pytest.mark.parametrize("pause", ["0", "-1", "x", "100000"])
def test_no_pause_of_that_length(upload: Any, pause: str) -> None:
    answer = upload(pause_hours=pause)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "pause_hours"
