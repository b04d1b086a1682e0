"""Nothing of a body outlives its request, whatever goes wrong: no file, no descriptor."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from tests.tiny_disk import read_only, tiny_disk
from wukongsite.asgi import application
from wukongsite.http.bodies import LEFT_BEHIND_SECONDS, uploads_sweep

MB = 2**20


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    with tiny_disk(tmp_path / "uploads", 4) as made:
        settings.FILE_UPLOAD_TEMP_DIR = made
        yield made


@pytest.fixture
def secret(transactional_db: None, team: Any, alice: Any) -> str:
    from finetune.teams.keys.services import key_create

    return key_create(team=team, user=alice, name="laptop")[1]


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """What the garbage collector would close some time later counts as left open."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def form(content: bytes, *, head: bytes = b"") -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="talks.jsonl"\r\n'
        + head + b"\r\n" + content + b"\r\n--x--\r\n"
    )  # fmt: skip


def open_spools(folder: Path) -> list[str]:
    """Descriptors of this process that lead into the folder, with or without a name."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:  # the one of listdir itself
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found


async def send(
    body: bytes,
    *,
    path: str = "/v1/files",
    query: bytes = b"",
    key: str = "",
    kind: bytes = b"multipart/form-data; boundary=x",
    accept: str = "*/*",
    whole: bool = True,
) -> tuple[int, str]:
    headers = [
        (b"host", b"localhost"),
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"accept", accept.encode()),
        (b"authorization", f"Bearer {key}".encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query,
        "client": ("127.0.0.1", 1234),
        "headers": headers,
    }
    request = ApplicationCommunicator(application, scope)
    for start in range(0, len(body), 65536):
        piece = body[start : start + 65536]
        more = start + 65536 < len(body) or not whole
        await request.send_input({"type": "http.request", "body": piece, "more_body": more})
    if not whole:
        await request.send_input({"type": "http.disconnect"})
        await request.wait(timeout=30)
        return 0, ""
    answer = await request.receive_output(timeout=30)
    text, more = b"", True
    while more:
        part = await request.receive_output(timeout=30)
        text, more = text + part.get("body", b""), part.get("more_body", False)
    await request.wait(timeout=30)
    return int(answer["status"]), text.decode()


def nothing_left(folder: Path) -> None:
    assert list(folder.iterdir()) == []
    assert open_spools(folder) == []


async def test_a_body_that_does_not_fit_on_the_disk(folder, secret):
    status, text = await send(form(b"x" * 6 * MB), key=secret)
    assert status == 507, text
    assert '"code": "disk_full"' in text
    nothing_left(folder)
    status, text = await send(form(b"x" * 6 * MB), path="/data/new/", accept="text/html")
    assert status == 507
    assert "<h1>The server&#x27;s disk is full</h1>" in text
    nothing_left(folder)


async def test_a_file_that_does_not_fit_beside_its_body(folder, secret):
    """The body is kept, and its file is not: Django's handler fails in the middle."""
    status, text = await send(form(b"x" * 3 * MB), key=secret)
    assert status == 507, text
    assert '"code": "disk_full"' in text
    nothing_left(folder)


async def test_a_folder_that_cannot_be_written(folder, secret):
    with read_only(folder):
        status, text = await send(form(b"x" * 2 * MB), key=secret)
    assert status == 503, text
    assert '"code": "read_only"' in text
    nothing_left(folder)


async def test_a_broken_file_in_a_body(folder, secret):
    head = b"Content-Transfer-Encoding: base64\r\n"
    status, text = await send(form(b"eHh4" * 300_000 + b"=", head=head), key=secret)
    assert status == 400, text
    nothing_left(folder)


async def test_a_body_over_the_limit(folder, secret, settings):
    settings.REQUEST_MAX_BYTES = 2 * MB
    status, _ = await send(form(b"x" * 3 * MB), key=secret)
    assert status == 413
    nothing_left(folder)


async def test_a_client_that_goes_away(folder, secret):
    await send(form(b"x" * 2 * MB), key=secret, whole=False)
    nothing_left(folder)


async def test_what_fits_is_kept(folder, secret):
    from tests.api.conftest import dialogues

    content = dialogues(count=9000)
    assert MB < len(content) < 2 * MB
    status, text = await send(form(content), key=secret)
    assert status == 200, text
    nothing_left(folder)
    from finetune.datasets.models import Dataset

    row = await sync_to_async(Dataset.objects.get)()
    assert row.bytes == len(content)


async def test_too_many_fields_in_the_query_of_a_body_with_a_charset(folder, secret):
    query = b"&".join(b"a%d=1" % number for number in range(1001))
    kind = b"application/json; charset=utf-8"
    status, text = await send(b"{}", path="/v1/webhooks", query=query, kind=kind, key=secret)
    assert status == 400, text
    assert '"message"' in text
    nothing_left(folder)


def test_what_a_killed_process_left_behind_is_swept(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    old, young, other = (tmp_path / name for name in ("a.upload.x", "b.upload.x", "notes"))
    for path in (old, young, other):
        path.touch()
    long_ago = time.time() - LEFT_BEHIND_SECONDS - 60
    for path in (old, other):
        os.utime(path, (long_ago, long_ago))
    uploads_sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.upload.x", "notes"]
