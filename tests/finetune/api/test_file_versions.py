"""Versions of files over REST, their export in other forms, and which one a job learns from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.datasets.checking import dataset_check
from finetune.datasets.versions import changes
from finetune.datasets.versions.services import version_make
from finetune.runs.models import Run
from finetune.teams.keys.services import key_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(team: Any, alice: Any) -> Any:
    _, secret = key_create(team=team, user=alice, name="hers")

    def called(path: str, status: int = 200) -> Any:
        answer = Client().get(path, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status, answer.content
        return answer

    return called


@pytest.fixture
def second(dataset: Any, alice: Any) -> Any:
    made = version_make(dataset=dataset, user=alice, changes=[changes.exclude(2)])
    dataset_check(made.pk)
    made.refresh_from_db()
    assert made.state == "ready"
    return made


def test_a_file_lists_its_versions(get: Any, dataset: Any, second: Any) -> None:
    for row in (dataset, second):
        shown = get(f"/v1/files/{row.public_id}").json()["wukong"]
        assert shown["version"] == row.version
        assert shown["versions"] == [
            {"id": one.public_id, "version": one.version, "sha256": one.sha256}
            for one in (dataset, second)
        ]
    assert shown["changes"] == {"exclude": 1}
    listed = {one["id"]: one["wukong"]["version"] for one in get("/v1/files").json()["data"]}
    assert listed == {dataset.public_id: 1, second.public_id: 2}


def test_export(get: Any, second: Any) -> None:
    content = f"/v1/files/{second.public_id}/content"
    rows = get(f"{content}?format=sharegpt&part=validation").content.decode().splitlines()
    assert len(rows) == second.report["validation"]["dialogues"]
    assert set(json.loads(rows[0])) >= {"conversations"}
    refused = get(f"{content}?format=table", 400).json()["error"]  # some have two exchanges
    assert refused["code"] == "cannot_write"
    assert "line" in refused["message"]
    assert get(f"{content}?format=docx", 400).json()["error"]["param"] == "format"
    get(f"{content}?format=openai&part=some", 400)
    assert b"".join(get(content).streaming_content) == second.original_file.read_bytes()


def test_a_file_that_is_not_checked_is_not_exported(get: Any, dataset: Any) -> None:
    type(dataset).objects.update(state="uploaded")
    error = get(f"/v1/files/{dataset.public_id}/content?format=openai", 409).json()["error"]
    assert error["code"] == "not_checked"


def test_a_job_keeps_what_it_learns_from(
    get: Any, run_made: Run, dataset: Any, client: Any, alice: Any
) -> None:
    (kept,) = get(f"/v1/fine_tuning/jobs/{run_made.public_id}").json()["wukong"]["data"]
    assert kept == {
        "part": "training",
        "id": dataset.public_id,
        "name": dataset.name,
        "version": 1,
        "sha256": dataset.sha256,
        "split_seed": dataset.report["seed"],
        "held_out": dataset.report["validation_fraction"],
    }
    client.force_login(alice)
    address = reverse("run", args=[run_made.public_id])
    page = client.get(address).content.decode()
    assert f"version 1 · sha <code>{dataset.sha256[:8]}" in page
    assert "there is a newer" not in page
    made = version_make(dataset=dataset, user=alice, changes=[changes.exclude(2)])
    page = client.get(address).content.decode()
    assert reverse("dataset", args=[made.public_id]) in page
    assert "there is a newer" in page


def test_forms_offer_the_newest_versions_first(
    client: Any, alice: Any, base: Any, dataset: Any, second: Any
) -> None:
    client.force_login(alice)
    page = client.get(reverse("run-new")).content.decode()
    newer, older = (page.index(f'value="{row.public_id}"') for row in (second, dataset))
    assert newer < older
    assert "version 2, " in page
    assert "version 1, an older one" in page
