"""A real web process is told to end: it says so, ends what it began, and logs JSON lines."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.api.conftest import free_port
from tests.conftest import ROOT, wait_until

pytestmark = pytest.mark.processes
GIVEN_ID = "req-of-a-test-1"
SEED = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from finetune.models import BaseModel, Dataset, Run, User
from finetune.teams.services import team_create
alice = User.objects.create_user("alice", password="a long enough word")
team = team_create(name="Acorn", owner=alice)
base = BaseModel.objects.create(slug="tiny", title="Tiny", source="/nowhere", state="ready")
data = Dataset.objects.create(team=team, name="Days", filename="a.jsonl")
run = Run.objects.create(team=team, base=base, dataset=data, name="One", config={}, state="queued")
client = Client()
client.force_login(alice)
print(run.public_id, client.cookies["sessionid"].value)
"""


@dataclass
class Seen:
    """What a client saw of the end, in its order, and what was logged."""

    statuses: dict[str, Any] = field(default_factory=dict)
    closed: int = 0
    late_answer: bytes = b""
    refused_after: bool = False
    code: int | None = None
    lines: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("web")
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WUKONG")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "WUKONG_TEST_DATA_DIR": str(folder / "data"),
        "WUKONG_PORT": str(port),
        "WUKONG_LOG_FORMAT": "json",
        "WUKONG_DRAIN_SECONDS": "5",
        "WUKONG_GRACE_SECONDS": "60",
        "PYTHONPATH": str(ROOT),
    }
    seeded = subprocess.run(
        [sys.executable, "-c", SEED], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert seeded.returncode == 0, seeded.stderr[-3000:]
    run, session = seeded.stdout.split()[-2:]
    log = folder / "web.log"
    with log.open("wb") as output:
        broker = subprocess.Popen(
            [sys.executable, "-m", "wukongsite.processes.broker"], cwd=ROOT, env=environment
        )
        web = subprocess.Popen(
            [sys.executable, "-m", "wukongsite.processes.web"],
            cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_until(lambda: broker_answers(folder / "data" / "valkey" / "valkey.sock"))
        yield watch_the_end(web, f"127.0.0.1:{port}", run, session, log)
    finally:
        web.kill()
        web.wait()
        broker.terminate()
        broker.wait(20)


def broker_answers(path: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(path)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def watch_the_end(
    web: subprocess.Popen[bytes], place: str, run: str, session: str, log: Path
) -> Seen:
    found = Seen()

    def get(path: str, **headers: str) -> httpx.Response | None:
        try:
            return httpx.get(f"http://{place}{path}", headers=headers, timeout=60, trust_env=False)
        except httpx.TransportError:
            assert web.poll() is None, log.read_text()
            return None

    ready = wait_until(lambda: get("/readyz"))
    found.statuses["ready"] = (ready.status_code, ready.json()["status"])
    get("/sign-in/a-one-time-word/none/", **{"x-request-id": GIVEN_ID})
    cookies = {"Cookie": f"sessionid={session}"}
    with connect(
        f"ws://{place}/ws/runs/{run}/", origin=f"http://{place}", additional_headers=cookies
    ) as page:
        host, _, number = place.partition(":")
        with socket.create_connection((host, int(number)), timeout=120) as slow:
            head = f"POST /v1/files HTTP/1.1\r\nHost: {place}\r\nContent-Length: 10\r\n\r\nhalf."
            slow.sendall(head.encode())
            wait_until(lambda: get("/livez"))
            web.send_signal(signal.SIGTERM)
            draining = wait_until(
                lambda: (a := get("/readyz")) is not None and a.status_code == 503 and a
            )
            found.statuses["draining"] = (draining.status_code, draining.json()["status"])
            for name in ("/livez", "/sign-in/"):
                answer = get(name)
                found.statuses[name] = answer.status_code if answer else None
            try:
                while True:
                    page.recv(timeout=120)
            except ConnectionClosed as closed:
                found.closed = closed.rcvd.code if closed.rcvd else 0
            found.refused_after = get("/livez") is None
            slow.sendall(b"whole")
            found.late_answer = slow.recv(65536)
    found.code = web.wait(120)
    found.lines = log.read_text().splitlines()
    return found


def test_it_says_that_it_is_draining_and_still_answers(seen):
    assert seen.statuses == {
        "ready": (200, "ready"),
        "draining": (503, "draining"),
        "/livez": 200,
        "/sign-in/": 200,
    }


def test_websockets_are_closed_with_a_code_on_which_pages_come_back(seen):
    """`static/js/socket.js` stays away for 4404 alone."""
    assert seen.closed == 1012


def test_a_request_that_is_being_answered_is_answered(seen):
    assert seen.refused_after
    assert seen.late_answer.startswith(b"HTTP/1.1 401")


def test_it_ends_by_the_signal_it_was_sent(seen):
    assert seen.code in (0, -signal.SIGTERM)


def test_every_line_of_its_log_is_json_and_names_no_address(seen):
    lines = [json.loads(line) for line in seen.lines]
    refused = [line for line in lines if line.get("request_id") == GIVEN_ID]
    assert [(line["status"], line["method"], line["level"]) for line in refused] == [
        (404, "GET", "warning")
    ]
    assert refused[0]["event"] == "Not Found"
    assert "a-one-time-word" not in "".join(seen.lines)
    assert "alice" not in "".join(seen.lines)
