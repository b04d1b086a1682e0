"""The page of a run's exports, and the archive over page and API: of the team and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.datasets.models import Dataset
from finetune.exports import services
from finetune.exports.models import Export
from finetune.teams.keys.services import key_create

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 3000  # more than one block


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "enqueue", lambda task, pk: None)


@pytest.fixture
def done(run: Any, alice: Any) -> Export:
    """A finished export whose archive is some bytes."""
    export = Export.objects.create(
        run=run, created_by=alice, parts=["adapter"], state="done", share=1,
        result={"file": "x.zip", "bytes": len(CONTENT), "sha256": "ab" * 32,
                "files": {"README.md": {"bytes": 3, "sha256": "cd"}},
                "golden": {"adapter": {"held": 30, "of": 32}}},
    )  # fmt: skip
    export.folder.mkdir(parents=True)
    (export.folder / "x.zip").write_bytes(CONTENT)
    return export


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_page_offers_what_can_be_made(run: Any, bob: Any) -> None:
    client = signed_in(bob)
    address = reverse("run-exports", args=[run.public_id])
    page = client.get(address).content.decode()
    assert "What the run ended with" in page
    assert "The checkpoint after step 2" in page
    assert "None yet." in page
    answer = client.post(address, {"parts": ["gguf"], "checkpoint": "2"})
    assert answer.status_code == 302
    made = Export.objects.get()
    assert (made.parts, made.step, made.created_by) == (["adapter", "gguf"], 2, bob)
    Export.objects.update(state="working", phase="merging", share=0.3)
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'value="30"' in fragment
    assert "Merging" in fragment
    assert 'hx-trigger="every 2s"' in fragment
    assert "<html" not in fragment


def test_the_page_warns_of_data_that_leaves_no_commercial_use(run: Any, bob: Any) -> None:
    client = signed_in(bob)
    address = reverse("run-exports", args=[run.public_id])
    assert "Not for commercial use" not in client.get(address).content.decode()
    Dataset.objects.filter(pk=run.dataset_id).update(licence_tag="CC-BY-NC-4.0")
    page = client.get(address).content.decode()
    assert "Not for commercial use: this run learned from <bdi>Demo</bdi>" in page


def test_what_cannot_be_made_says_why(run: Any, alice: Any) -> None:
    run.config = {**run.config, "adapter": "qtha", "adapter_options": {}}
    run.save()
    client = signed_in(alice)
    address = reverse("run-exports", args=[run.public_id])
    page = client.get(address).content.decode()
    assert "so it cannot be merged" in page
    answer = client.post(address, {"parts": ["merged"]})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Export.objects.exists()


def test_a_run_without_weights_says_when(run_made: Any, alice: Any) -> None:
    page = signed_in(alice).get(reverse("run-exports", args=[run_made.public_id]))
    assert "Nothing to export yet" in page.content.decode()


def test_the_archive_is_streamed_to_the_team_and_goes_on_where_it_broke_off(
    done: Export, bob: Any, charlie: Any
) -> None:
    address = reverse("export-download", args=[done.run.public_id, done.public_id])
    client = signed_in(bob)
    answer = client.get(address)
    assert answer.streaming
    assert content(answer) == CONTENT
    assert answer["Content-Length"] == str(len(CONTENT))
    assert 'filename="x.zip"' in answer["Content-Disposition"]
    tag = answer["ETag"]
    rest = client.get(address, headers={"Range": "bytes=700000-", "If-Range": tag})
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 700000-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert content(rest) == CONTENT[700_000:]
    other = client.get(address, headers={"Range": "bytes=700000-", "If-Range": '"old"'})
    assert other.status_code == 200
    assert content(other) == CONTENT
    beyond = client.get(address, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    assert signed_in(charlie).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_an_export_belongs_to_its_run(done: Export, alice: Any, run: Any) -> None:
    address = reverse("export-download", args=["ftjob-other", done.public_id])
    assert signed_in(alice).get(address).status_code == 404


def test_deleted_with_its_file(done: Export, alice: Any, django_capture_on_commit_callbacks: Any):
    address = reverse("export-delete", args=[done.run.public_id, done.public_id])
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(alice).post(address).status_code == 302
    assert not done.folder.exists()
    assert not Export.objects.exists()


def test_the_api_walks_the_whole_way(done: Export, alice: Any, charlie: Any, run: Any) -> None:
    client = Client()
    _, secret = key_create(team=run.team, user=alice, name="laptop")
    mine = {"authorization": f"Bearer {secret}"}
    root = f"/v1/fine_tuning/jobs/{run.public_id}/exports"
    body = {"parts": ["merged"], "checkpoint": 2}
    made = client.post(root, body, content_type="application/json", headers=mine)
    assert made.status_code == 200, made.content
    assert made.json()["status"] == "queued"
    assert made.json()["parts"] == ["adapter", "merged"]
    listed = client.get(root, headers=mine).json()["data"]
    assert [one["id"] for one in listed] == [made.json()["id"], done.public_id]
    one = client.get(f"{root}/{done.public_id}", headers=mine).json()
    assert one["sha256"] == "ab" * 32
    assert one["files"] == [{"path": "README.md", "bytes": 3, "sha256": "cd"}]
    assert content(client.get(f"{root}/{done.public_id}/content", headers=mine)) == CONTENT
    early = client.get(f"{root}/{made.json()['id']}/content", headers=mine)
    assert early.status_code == 409
    assert early.json()["error"]["code"] == "wrong_state"
    for wrong in ({"parts": ["onnx"]}, {"checkpoint": 1}, {"other": 1}):
        answer = client.post(root, wrong, content_type="application/json", headers=mine)
        assert answer.status_code in (400, 409, 422), wrong
        assert answer.json()["error"]["message"], wrong
    assert client.delete(f"{root}/{done.public_id}", headers=mine).json()["deleted"]
    assert client.get(f"{root}/{done.public_id}", headers=mine).status_code == 404
    _, secret = key_create(team=charlie.teams.get(), user=charlie, name="his")
    assert client.get(root, headers={"authorization": f"Bearer {secret}"}).status_code == 404


def test_a_checkpoint_that_is_no_number_is_refused(run: Any, bob: Any) -> None:
    answer = signed_in(bob).post(
        reverse("run-exports", args=[run.public_id]), {"checkpoint": "the best"}
    )
    assert answer.status_code == 422
    assert not Export.objects.exists()
