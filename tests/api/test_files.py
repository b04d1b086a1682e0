from __future__ import annotations

import json
import time

import httpx
import openai
import pytest

from tests.api.conftest import Site, dialogues


def test_a_file_lives_from_upload_to_deletion(alice_client: openai.OpenAI) -> None:
    body = dialogues(14, start=100)
    made = alice_client.files.create(file=("mine.jsonl", body), purpose="fine-tune")
    assert made.id.startswith("file-")
    assert (made.object, made.purpose, made.filename) == ("file", "fine-tune", "mine.jsonl")
    assert made.bytes == len(body)
    deadline = time.monotonic() + 60
    while (found := alice_client.files.retrieve(made.id)).status != "processed":
        assert found.status == "uploaded", found
        assert time.monotonic() < deadline
        time.sleep(0.1)
    content = alice_client.files.content(made.id)
    assert content.read() == body
    assert made.id in [one.id for one in alice_client.files.list()]
    gone = alice_client.files.delete(made.id)
    assert gone.deleted
    assert gone.id == made.id
    with pytest.raises(openai.NotFoundError) as caught:
        alice_client.files.retrieve(made.id)
    assert caught.value.param == "file_id"


def test_a_file_may_come_in_chunks_without_a_length(site: Site) -> None:
    """As JavaScript's fetch sends a stream."""
    body = dialogues(12, start=900)
    form = httpx.Request(
        "POST", site.url, files={"file": ("b.jsonl", body)}, data={"purpose": "fine-tune"}
    )
    whole = form.read()
    chunks = (whole[at : at + 1000] for at in range(0, len(whole), 1000))
    headers = {
        "Authorization": f"Bearer {site.key('alice')}",
        "Content-Type": form.headers["content-type"],
    }
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
        request = client.build_request("POST", f"{site.url}/v1/files", content=chunks)
        assert request.headers["transfer-encoding"] == "chunked"
        answer = client.send(request)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bytes"] == len(body)


def test_a_bad_file_ends_in_error_with_a_reason(alice_client: openai.OpenAI) -> None:
    made = alice_client.files.create(
        file=("bad.jsonl", b'{"no": "dialogue"}\n'), purpose="fine-tune"
    )
    deadline = time.monotonic() + 60
    while (found := alice_client.files.retrieve(made.id)).status != "error":
        assert found.status == "uploaded", found
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found.status_details


def test_a_file_says_which_keys_were_not_used(alice_client: openai.OpenAI) -> None:
    rows = [
        {"instruction": f"Sum {n}", "context": "1 2", "response": "3", "category": "maths"}
        for n in range(12)
    ]
    body = "\n".join(map(json.dumps, [*rows, rows[0]])).encode()
    made = alice_client.files.create(file=("dolly.jsonl", body), purpose="fine-tune")
    deadline = time.monotonic() + 60
    while (found := alice_client.files.retrieve(made.id)).status != "processed":
        assert found.status == "uploaded", found
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found.status_details == (
        "Left out: 1 (exact duplicates). "
        "Keys that were not used, with their records: category (12)."
    )


def test_lists_go_page_by_page(site: Site, alice_client: openai.OpenAI, uploaded: str) -> None:
    for index in range(2):
        alice_client.files.create(file=(f"page{index}.jsonl", dialogues()), purpose="fine-tune")
    every = [one.id for one in alice_client.files.list(purpose="fine-tune")]
    assert {uploaded, site.seeded["file"]} <= set(every)
    paged = [one.id for one in alice_client.files.list(purpose="fine-tune", limit=2)]
    assert paged == every
    first = alice_client.files.list(purpose="fine-tune", limit=1)
    assert first.has_more
    assert first.data[0].id == every[0]
    oldest = alice_client.files.list(purpose="fine-tune", order="asc", limit=1)
    assert oldest.data[0].id == every[-1]


@pytest.mark.parametrize(
    ("options", "param"), [({"after": "file-none"}, "after"), ({"limit": 0}, "limit")]
)
def test_bad_paging_is_refused(
    alice_client: openai.OpenAI, options: dict[str, object], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.files.list(**options)  # type: ignore[arg-type]
    assert caught.value.param == param


def test_another_purpose_is_refused(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.files.create(file=("a.jsonl", dialogues()), purpose="vision")
    assert caught.value.param == "purpose"
    assert "fine-tune" in str(caught.value)


def test_an_empty_file_is_refused(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.files.create(file=("empty.jsonl", b""), purpose="fine-tune")
    assert caught.value.param == "file"


def test_a_file_in_use_stays(alice_client: openai.OpenAI) -> None:
    made = alice_client.files.create(file=("used.jsonl", dialogues(15, 40)), purpose="fine-tune")
    job = alice_client.fine_tuning.jobs.create(
        model="smollm2-135m-instruct", training_file=made.id, suffix="busy"
    )
    with pytest.raises(openai.ConflictError) as caught:
        alice_client.files.delete(made.id)
    assert caught.value.response.headers["x-should-retry"] == "false"
    alice_client.fine_tuning.jobs.cancel(job.id)
    assert alice_client.files.delete(made.id).deleted


def test_the_result_table_is_a_file(site: Site, alice_client: openai.OpenAI) -> None:
    job = alice_client.fine_tuning.jobs.retrieve(site.seeded["run"])
    (name,) = job.result_files
    found = alice_client.files.retrieve(name)
    assert found.purpose == "fine-tune-results"
    lines = alice_client.files.content(name).text.splitlines()
    assert lines[0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert lines[1] == "0,,,3.0,0.3"
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2", "3"]
    assert found.bytes == len(alice_client.files.content(name).read())
    results = alice_client.files.list(purpose="fine-tune-results")
    assert [one.id for one in results] == [name]
    with pytest.raises(openai.PermissionDeniedError):
        alice_client.files.delete(name)


def test_a_file_that_expires(site: Site, alice_client: openai.OpenAI) -> None:
    kept = {"anchor": "created_at", "seconds": 7200}
    made = alice_client.files.create(
        file=("mine.jsonl", dialogues(12, start=700)), purpose="fine-tune", expires_after=kept
    )
    assert made.expires_at is not None
    assert 7195 <= made.expires_at - made.created_at <= 7205
    assert alice_client.files.retrieve(made.id).expires_at == made.expires_at
    upload = alice_client.uploads.create(
        filename="a.jsonl",
        bytes=len(dialogues(12, start=800)),
        purpose="fine-tune",
        mime_type="application/jsonl",
        expires_after=kept,
    )
    part = alice_client.uploads.parts.create(upload.id, data=dialogues(12, start=800))
    done = alice_client.uploads.complete(upload.id, part_ids=[part.id])
    assert done.file
    assert done.file.expires_at
    assert 7195 <= done.file.expires_at - done.file.created_at <= 7205


@pytest.mark.parametrize(
    "asked",
    [
        {"expires_after[seconds]": "7200"},
        {"expires_after[anchor]": "created_at"},
        {"expires_after[anchor]": "last_active_at", "expires_after[seconds]": "7200"},
        {"expires_after[anchor]": "created_at", "expires_after[seconds]": "60"},
        {"expires_after[anchor]": "created_at", "expires_after[seconds]": "soon"},
        {"expires_after[anchor]": "created_at", "expires_after[seconds]": "9999999999"},
    ],
)
def test_a_time_that_is_none(site: Site, asked: dict[str, str]) -> None:
    answer = httpx.post(
        f"{site.url}/v1/files",
        headers={"Authorization": f"Bearer {site.key('alice')}"},
        files={"file": ("mine.jsonl", dialogues(12))},
        data={"purpose": "fine-tune", **asked},
        trust_env=False,
    )
    assert answer.status_code == 400, answer.text
    assert "expires_after" in answer.json()["error"]["param"]
