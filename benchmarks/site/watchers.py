"""A thousand people watch one run: how late an event reaches them, and whether any is missed.

    python -m benchmarks.site.watchers [--watchers 1000] [--rate 10] [--seconds 30]

The real web process on core 0, with Valkey and SQLite; the watchers, each a person with a session
of their own, on core 1, beside the writer, which copies events into the database as a worker does.
Latency is from the moment before an event is written to the moment a watcher has its bytes.
Bar: 95 % within 250 ms, nothing missed and nothing doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.frame import (
    ROOT,
    answers,
    print_spread,
    processes,
    studio_prepared,
    studio_settings,
)
from tests.conftest import wait_until
from tests.live.conftest import free_port

SERVER_CORE, CLIENT_CORE = 0, 1
SETUP = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from finetune.models import BaseModel, Dataset, Membership, Run, Team, User
from finetune.training.presets import PRESETS
team = Team.objects.create(name="Team", slug="team")
base = BaseModel.objects.create(slug="base", title="Base", source="/nowhere", state="ready")
data = Dataset.objects.create(team=team, name="Data", filename="data.jsonl", state="ready")
run = Run.objects.create(team=team, name="Watched", base=base, dataset=data, state="running",
                         config=dict(PRESETS["quick"].values))
people = User.objects.bulk_create(User(username=f"person-{n}") for n in range(COUNT))
Membership.objects.bulk_create(Membership(team=team, user=one) for one in people)
print(run.public_id)
for person in people:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    print(session.session_key)
"""
WRITE = """
import time
from finetune.models import Run
from finetune.runs.events import run_events_copy
run = Run.objects.get(public_id="PUBLIC_ID")
began = time.monotonic()
for number in range(1, TOTAL + 1):
    time.sleep(max(0.0, began + number / RATE - time.monotonic()))
    data = {"step": number, "total_steps": TOTAL, "train_loss": 3.0, "train_accuracy": 0.31,
            "learning_rate": 0.01, "grad_norm": 1.1, "tokens_per_second": 300.0,
            "memory_mb": 1900, "circuit_gradient_variance": 2e-6, "circuit_gradient_norm": 0.02}
    line = {"seq": number, "time": time.time(), "type": "metrics", "level": "info",
            "message": f"step {number} of TOTAL: loss 3.0000", "data": data}
    run_events_copy(run.pk, [line])
"""


class Watcher(asyncio.Protocol):
    """One end of a websocket: as little as can be, so that the watchers are not what is slow."""

    known: dict[bytes, list[tuple[int, float]]] = {}  # the same text comes to everybody

    def __init__(self, port: int, path: str, session: str) -> None:
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: sessionid={session}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.data = b""
        self.late: list[float] = []
        self.seqs: list[int] = []
        self.bytes = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self.bytes += len(data)
        self.data += data
        if not self.opened.done():
            head, gap, self.data = self.data.partition(b"\r\n\r\n")
            if not gap:
                self.data = head
                return
            if b" 101 " not in head:
                self.opened.set_exception(RuntimeError(head.decode("latin-1")))
                return
            self.opened.set_result(None)
        while (frame := self.frame()) is not None:
            code, text = frame
            if code == 9:  # ping
                self.transport.write(bytes((0x8A, 0x80 | len(text))) + b"\0\0\0\0" + text)
            elif code == 1:
                for seq, written in self.events(text):
                    self.seqs.append(seq)
                    self.late.append(now - written)

    def frame(self) -> tuple[int, bytes] | None:
        if len(self.data) < 4:
            return None
        size, start = self.data[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(self.data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(self.data[2:10], "big"), 10
        if len(self.data) < start + size:
            return None
        text = self.data[start : start + size]
        code = self.data[0] & 0x0F
        self.data = self.data[start + size :]
        return code, text

    def events(self, text: bytes) -> list[tuple[int, float]]:
        if text not in self.known:
            events = json.loads(text)["events"]
            self.known[text] = [(event["seq"], event["time"]) for event in events]
        return self.known[text]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed"))


async def watch(
    port: int, public_id: str, sessions: list[str], options: Any, server: int
) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    path = f"/ws/runs/{public_id}/?after=0"
    watchers = []
    for session in sessions:
        _, watcher = await loop.create_connection(
            lambda session=session: Watcher(port, path, session), "127.0.0.1", port
        )
        await watcher.opened
        watchers.append(watcher)
    total = int(options.rate * options.seconds)
    code = WRITE.replace("PUBLIC_ID", public_id).replace("TOTAL", str(total))
    code = code.replace("RATE", str(options.rate))
    began, before = time.monotonic(), cpu_seconds(server)
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", DJANGO + code)
    await writer.wait()
    spent, seconds = cpu_seconds(server) - before, time.monotonic() - began
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(len(one.seqs) < total for one in watchers):
        await asyncio.sleep(0.1)
    return {
        "missed": sum(total - len(set(one.seqs)) for one in watchers),
        "doubled": sum(len(one.seqs) - len(set(one.seqs)) for one in watchers),
        "unordered": sum(one.seqs != sorted(one.seqs) for one in watchers),
        "messages": len(Watcher.known),
        "bytes": sum(one.bytes for one in watchers),
        "busy": spent / seconds,
        "each": spent / max(1, len(Watcher.known) * len(watchers)),
        "delays": [delay for one in watchers for delay in one.late],
    }


DJANGO = "import django; django.setup()\n"


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", DJANGO + code], check=True, cwd=ROOT, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=10.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="wukong-watchers-") as folder:
        studio_settings(folder, port)
        studio_prepared()
        public_id, *sessions = python(SETUP.replace("COUNT", str(options.watchers))).split()
        with processes("wukongsite.processes.broker", "wukongsite.processes.web") as (broker, web):
            os.sched_setaffinity(web.pid, {SERVER_CORE})
            for pid in (broker.pid, 0):
                os.sched_setaffinity(pid, {CLIENT_CORE})
            wait_until(lambda: answers(port), seconds=60)
            found = asyncio.run(watch(port, public_id, sessions, options, web.pid))
    print(f"watchers {options.watchers}, events {int(options.rate * options.seconds)}")
    print(f"messages      {found['messages']} of {found['bytes'] / 2**20:.0f} MB in all")
    print_spread(found["delays"])
    counts = f"{found['missed']}, doubled {found['doubled']}, unordered {found['unordered']}"
    print(f"missed        {counts}")
    print(f"server busy   {100 * found['busy']:.0f} % of its core")
    print(f"a message     {1e6 * found['each']:.0f} µs of the server's time")


def cpu_seconds(pid: int) -> float:
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
