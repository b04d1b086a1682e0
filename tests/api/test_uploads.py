"""A large file in parts, with the official client."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import httpx
import openai
import pytest

from tests.api.conftest import Site, dialogues

BODY = dialogues(40, start=500)


def begun(client: openai.OpenAI, size: int = len(BODY)) -> str:
    made = client.uploads.create(
        filename="large.jsonl", bytes=size, purpose="fine-tune", mime_type="application/jsonl"
    )
    assert (made.object, made.status, made.bytes, made.file) == ("upload", "pending", size, None)
    assert made.expires_at > made.created_at
    return made.id


def processed(client: openai.OpenAI, file_id: str) -> None:
    deadline = time.monotonic() + 60
    while (found := client.files.retrieve(file_id)).status != "processed":
        assert found.status == "uploaded", found
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_parts_become_a_file(alice_client: openai.OpenAI) -> None:
    upload = begun(alice_client)
    second = alice_client.uploads.parts.create(upload, data=BODY[1000:])
    first = alice_client.uploads.parts.create(upload, data=BODY[:1000])
    assert (first.object, first.upload_id) == ("upload.part", upload)
    ids = [first.id, second.id]
    done = alice_client.uploads.complete(upload, part_ids=ids, md5=hashlib.md5(BODY).hexdigest())
    assert done.status == "completed"
    assert done.file is not None
    assert (done.file.filename, done.file.bytes) == ("large.jsonl", len(BODY))
    assert alice_client.files.content(done.file.id).read() == BODY
    again = alice_client.uploads.complete(upload, part_ids=ids)
    assert again.file is not None
    assert again.file.id == done.file.id
    processed(alice_client, done.file.id)
    with pytest.raises(openai.ConflictError):
        alice_client.uploads.parts.create(upload, data=b"x")
    with pytest.raises(openai.ConflictError):
        alice_client.uploads.cancel(upload)


def test_the_client_cuts_a_file_by_itself(alice_client: openai.OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl"
    path.write_bytes(BODY)
    done = alice_client.uploads.upload_file_chunked(
        file=path, mime_type="application/jsonl", purpose="fine-tune", part_size=999
    )
    assert done.file is not None
    assert alice_client.files.content(done.file.id).read() == BODY


def test_wrong_lists_of_parts(alice_client: openai.OpenAI) -> None:
    upload = begun(alice_client)
    part = alice_client.uploads.parts.create(upload, data=BODY[:100]).id
    for ids in ([part], [part, part], ["part_none"]):
        with pytest.raises(openai.BadRequestError) as caught:
            alice_client.uploads.complete(upload, part_ids=ids)
        assert caught.value.param == "part_ids"
    rest = alice_client.uploads.parts.create(upload, data=BODY[100:]).id
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.uploads.complete(upload, part_ids=[part, rest], md5="0" * 32)
    assert (caught.value.param, caught.value.code) == ("md5", "checksum_mismatch")
    assert alice_client.uploads.complete(upload, part_ids=[part, rest]).status == "completed"


def test_a_cancelled_upload_takes_nothing_more(alice_client: openai.OpenAI) -> None:
    upload = begun(alice_client)
    part = alice_client.uploads.parts.create(upload, data=BODY)
    assert alice_client.uploads.cancel(upload).status == "cancelled"
    assert alice_client.uploads.cancel(upload).status == "cancelled"
    for send in (
        lambda: alice_client.uploads.parts.create(upload, data=BODY),
        lambda: alice_client.uploads.complete(upload, part_ids=[part.id]),
    ):
        with pytest.raises((openai.ConflictError, openai.BadRequestError)):
            send()


def test_what_is_refused_at_the_start(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        begun(alice_client, size=2**50)
    assert (caught.value.status_code, caught.value.code) == (413, "body_too_large")
    with pytest.raises(openai.BadRequestError) as wrong:
        alice_client.uploads.create(
            filename="a.png", bytes=5, purpose="vision", mime_type="image/png"
        )
    assert wrong.value.param == "purpose"


def test_another_team_finds_nothing(
    site: Site, charlie_client: openai.OpenAI, alice_client: openai.OpenAI
) -> None:
    upload = begun(alice_client)
    with pytest.raises(openai.NotFoundError):
        charlie_client.uploads.parts.create(upload, data=b"x")
    with pytest.raises(openai.NotFoundError):
        charlie_client.uploads.complete(upload, part_ids=["part_x"])
    with pytest.raises(openai.NotFoundError):
        charlie_client.uploads.cancel(upload)
    answer = httpx.post(f"{site.url}/v1/uploads/{upload}/cancel", trust_env=False)
    assert answer.status_code == 401
