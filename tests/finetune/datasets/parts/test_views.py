"""What the upload page's script asks for."""

from __future__ import annotations

import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from finetune.datasets.models import Dataset
from finetune.datasets.parts import services
from finetune.datasets.parts.models import Upload
from tests.finetune.datasets.parts.test_services import BODY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_parts(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(services, "PAGE_PART", 2000)
    for name in ("DATASET_DIR", "UPLOAD_PART_DIR"):
        folder = tmp_path / name
        folder.mkdir()
        setattr(settings, name, folder)


def opened(client, **values):
    given = {"filename": "talks.jsonl", "bytes": len(BODY), "fingerprint": "0123456789abcdef"}
    return client.post(reverse("upload-open"), {**given, **values})


def sent(client, address, number, body=None):
    body = BODY[2000 * number : 2000 * (number + 1)] if body is None else body
    part = SimpleUploadedFile("part", body)
    return client.post(address, {"number": number, "crc32": zlib.crc32(body), "part": part})


def test_a_file_comes_in_parts_and_goes_on_after_a_reload(client, alice, team):
    client.force_login(alice)
    first = opened(client, name="Talks", licence="CC0", seed="3").json()
    assert (first["part_bytes"], first["there"]) == (2000, [])
    count = -(-len(BODY) // 2000)
    assert sent(client, first["part_url"], 1).json() == {"number": 1}
    assert sent(client, first["part_url"], 0).status_code == 200
    again = opened(client, name="Talks", seed="4").json()
    assert (again["part_url"], again["there"]) == (first["part_url"], [0, 1])
    early = client.post(again["complete_url"])
    assert early.status_code == 422
    assert "were announced" in early.json()["errors"][""][0]
    for number in range(2, count):
        assert sent(client, again["part_url"], number).status_code == 200
    done = client.post(again["complete_url"])
    row = Dataset.objects.get()
    assert (done.status_code, done.json()["url"]) == (201, f"/data/{row.public_id}/")
    assert row.original_file.read_bytes() == BODY
    assert (row.name, row.options["seed"]) == ("Talks", 4)
    assert client.post(again["complete_url"]).json() == done.json()


def test_stopping_leaves_nothing(client, alice, team, django_capture_on_commit_callbacks):
    client.force_login(alice)
    first = opened(client).json()
    sent(client, first["part_url"], 0)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(first["cancel_url"]).json() == {}
    upload = Upload.objects.get()
    assert (upload.state, upload.folder.exists()) == ("cancelled", False)
    assert sent(client, first["part_url"], 0).status_code == 409
    assert client.post(first["complete_url"]).status_code == 422
    assert client.post(first["cancel_url"]).status_code == 200
    assert opened(client).json()["part_url"] != first["part_url"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"bytes": "-1"}, "bytes"),
        ({"bytes": "0"}, "file"),
        ({"bytes": str(2**50)}, "file"),
        ({"fingerprint": "../x"}, "fingerprint"),
        ({"filename": ""}, "filename"),
        ({"seed": "many"}, "seed"),
    ],
)
def test_what_is_refused_is_said_at_its_field(client, alice, team, values, field):
    client.force_login(alice)
    answer = opened(client, **values)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert not Upload.objects.exists()


def test_broken_parts_are_refused(client, alice, team):
    client.force_login(alice)
    address = opened(client).json()["part_url"]
    part = SimpleUploadedFile("part", BODY[:2000])
    changed = client.post(address, {"number": 0, "crc32": 5, "part": part})
    assert (changed.status_code, changed.json()["code"]) == (422, "checksum_mismatch")
    assert sent(client, address, 0, b"short").status_code == 422
    assert client.post(address, {"number": 0}).status_code == 422
    assert not Upload.objects.get().parts.exists()


def test_an_upload_is_its_persons_own(client, alice, bob, team):
    client.force_login(alice)
    addresses = opened(client).json()
    client.force_login(bob)
    assert sent(client, addresses["part_url"], 0).status_code == 404
    assert client.post(addresses["complete_url"]).status_code == 404
    assert client.post(addresses["cancel_url"]).status_code == 404


def test_a_page_asks_again_while_another_request_puts_the_parts_together(client, alice, team):
    client.force_login(alice)
    address = opened(client, bytes=1500).json()
    sent(client, address["part_url"], 0, BODY[:1500])
    Upload.objects.update(state="completing", claimed_at=timezone.now())
    assert client.post(address["complete_url"]).status_code == 409
    assert client.post(address["cancel_url"]).status_code == 422
