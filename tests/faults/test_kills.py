"""Fifty runs and twenty people, while processes are killed at random.

Each run ends as it should, once, with the weights that all of them have, since all have the same
settings and the same seed; nobody sees an internal error; nothing leaves a traceback. The order of
kills follows a seed that is printed; `WUKONG_FAULT_SEED` and `WUKONG_FAULT_RUNS` choose others.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
import pytest

from finetune.datasets import demo
from tests.conftest import wait_until
from tests.live.conftest import TINY, Studio

pytestmark = [pytest.mark.processes, pytest.mark.slow]

RUNS = int(os.environ.get("WUKONG_FAULT_RUNS", "50"))
SEED = int(os.environ.get("WUKONG_FAULT_SEED", str(random.SystemRandom().randrange(10**6))))
PATIENCE = 60.0 * max(RUNS, 10)
STEPS = 12
PAUSE = 2.0  # between two requests of one person
RESTS = (15.0, 40.0)  # between two kills: a run ends after three starts without a step
MOST_SUPERVISORS = 2
PAGES = ("/", "/runs/", "/data/", "/studies/", "/runs/queue/", "/keys/", "/chat/", "/team/")
CALLS = ("/v1/fine_tuning/jobs", "/v1/models", "/v1/files", "/v1/fine_tuning/queue")
# What may be killed: mark of its command line, and how often it is chosen.
VICTIMS = {
    "finetune.training": 5,
    "--queues train": 3,
    "wukongsite.processes.web": 2,
    "valkey-server": 2,
    "--queues default": 1,
    "chat.engine": 1,
    "supervisor": 1,
}


@dataclass
class Seen:
    """What twenty people have seen.

    Attributes:
        statuses: of answers, by status.
        wrong: internal errors, and refusals while everything was well.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Outages:
    """Since when and until when something is away; `ends` is 0 while it is."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    begins: float = 0.0
    ends: float = 1.0

    def begin(self) -> None:
        with self.lock:
            self.begins, self.ends = time.monotonic(), 0.0

    def end(self) -> None:
        with self.lock:
            self.ends = time.monotonic()

    def covers(self, asked: float, answered: float) -> bool:
        """Whether something was away at any time of a request."""
        with self.lock:
            return self.begins <= answered and (not self.ends or asked <= self.ends)


def person(studio: Studio, name: str, seen: Seen, outages: Outages, stop: threading.Event) -> None:
    """Look at pages and ask the API until it is over."""
    rng = random.Random(f"{SEED} {name}")
    key = studio.people[name]["key"]
    while not stop.wait(PAUSE * rng.uniform(0.5, 1.5)):
        page = rng.random() < 0.6
        address = rng.choice(PAGES if page else CALLS)
        how: dict[str, Any] = (
            {"cookies": studio.cookies(name)}
            if page
            else {"headers": {"Authorization": f"Bearer {key}"}}
        )
        asked = time.monotonic()
        try:
            with httpx.Client(base_url=studio.url, timeout=60, **how) as client:
                status = client.get(address).status_code
        except httpx.HTTPError as error:
            if not outages.covers(asked, time.monotonic()):
                seen.wrong.append(f"{address}: {error!r}")
            continue
        seen.statuses[status] += 1
        well = status in (200, 302) or (
            status in (502, 503) and outages.covers(asked, time.monotonic())
        )
        if not well:
            seen.wrong.append(f"{address}: {status}")


def killer(studio: Studio, outages: Outages, stop: threading.Event, killed: Counter[str]) -> None:
    """Kill one process, wait until the studio is whole again, rest, and so on."""
    rng = random.Random(SEED)
    while not stop.wait(rng.uniform(*RESTS)):
        mark = rng.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        if mark == "supervisor":
            if killed[mark] >= MOST_SUPERVISORS:
                continue
            outages.begin()
            studio.process.kill()
            studio.process.wait()
            studio.start()
        else:
            found = studio.processes(mark)
            if not found:
                continue
            outages.begin()
            try:
                rng.choice(found).kill()
            except psutil.NoSuchProcess:
                continue
        killed[mark] += 1
        wait_until(lambda: whole(studio))
        outages.end()


def whole(studio: Studio) -> bool:
    """Whether the site says that all is there."""
    try:
        answer = httpx.get(f"{studio.url}/health", timeout=5)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and answer.json()["status"] == "ready"


def ordered(studio: Studio, count: int) -> list[str]:
    """Order runs that differ in nothing but their label; the ids of their jobs."""
    with studio.client("alice") as client:
        with demo.path().open("rb") as handle:
            sent = client.post(
                "/files", files={"file": ("demo.jsonl", handle)}, data={"purpose": "fine-tune"}
            )
        body = {
            "model": TINY,
            "training_file": sent.json()["id"],
            "preset": "quick",
            "seed": 5,
            "steps": STEPS,
            "sequence_length": 128,
            "save_every": 3,
            "eval_every": 6,
            "eval_dialogues": 4,
            "sample_tokens": 4,
        }
        made = [
            client.post("/fine_tuning/jobs", json={**body, "metadata": {"number": str(number)}})
            for number in range(count)
        ]
    assert [answer.status_code for answer in made] == [200] * count, made[-1].text
    return [str(answer.json()["id"]) for answer in made]


ENDS = """
from finetune.models import Run, RunEvent
answer = {}
for run in Run.objects.filter(public_id__in=IDS):
    events = RunEvent.objects.filter(run=run).order_by("seq")
    steps = [one["step"] for one in events.filter(type="metrics").values_list("data", flat=True)]
    own = events.filter(type="state", source_seq=None)  # the site's, not the trainer's
    ends = list(own.values_list("data", flat=True))
    answer[run.public_id] = {
        "state": run.state, "message": run.error, "steps": steps, "ends": ends,
        "attempts": run.attempts,
    }
"""


def weights(studio: Studio, job_id: str) -> str:
    """A hash of the adapter that a run has left."""
    found = sorted((studio.folder / "runs" / job_id).rglob("adapter_model.safetensors"))
    final = [path for path in found if "checkpoint" not in str(path)]
    assert final, found
    return hashlib.sha256(final[0].read_bytes()).hexdigest()


def test_each_run_ends_once_and_nobody_sees_an_error(studio: Studio) -> None:
    print(f"WUKONG_FAULT_SEED={SEED}")
    outages, stop, seen, killed = Outages(), threading.Event(), Seen(), Counter[str]()
    jobs = ordered(studio, RUNS)
    names = [name for name in studio.people if name.startswith("person-")]
    acting: list[Callable[[], None]] = [
        *(lambda name=name: person(studio, name, seen, outages, stop) for name in names),
        lambda: killer(studio, outages, stop, killed),
    ]
    threads = [threading.Thread(target=act, daemon=True) for act in acting]
    for thread in threads:
        thread.start()
    code = f"from finetune.models import Run\nanswer = Run.objects.filter(public_id__in={jobs!r}, "
    code += "state__in=['succeeded', 'failed', 'cancelled']).count()"
    try:
        wait_until(lambda: studio.manage(code) == len(jobs), seconds=PATIENCE, every=2.0)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=120)
        print(dict(killed), dict(seen.statuses))

    found = studio.manage(ENDS.replace("IDS", repr(jobs)))
    others = {name: one for name, one in found.items() if one["state"] != "succeeded"}
    assert others == {}, others
    for job_id, one in found.items():
        assert one["steps"] == list(range(1, STEPS + 1)), job_id
        assert sum(end.get("state") == "succeeded" for end in one["ends"]) == 1, one["ends"]
    assert len({weights(studio, job_id) for job_id in jobs}) == 1
    assert sum(killed.values()) > 2, "too little was killed to say anything"
    assert seen.wrong == []
    assert sum(seen.statuses.values()) > len(names)
    log = studio.log.read_text(errors="replace")
    shown = log.partition("Traceback (most recent call last)")
    assert not shown[1], f"{shown[0][-2000:]}{shown[1]}{shown[2][:4000]}"
