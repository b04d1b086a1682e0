"""What one core makes of the site's own work: taking runs, keeping events, probes and a scrape.

    python -m benchmarks.site.services [--waiting 1000] [--rounds 100]

On SQLite in a temporary folder, or on the PostgreSQL of DATABASE_URL: an empty database of that
name, which the command fills and leaves. Figures are processor time of this process (for the web
process: its own) beside wall time, since other work on the machine stretches the latter.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil

from benchmarks.frame import answers, free_port, processes, studio_prepared, studio_settings

TOKEN = "benchmark"


def spread(name: str, seconds: list[float], processor: float) -> None:
    middle = 1000 * statistics.median(seconds)
    print(f"{name:<44} {middle:9.2f} ms  {1000 * processor / len(seconds):9.2f} ms of a core")


def timed(name: str, rounds: int, what: Callable[[int], Any]) -> None:
    seconds, began = [], time.process_time()
    for number in range(rounds):
        start = time.perf_counter()
        what(number)
        seconds.append(time.perf_counter() - start)
    spread(name, seconds, time.process_time() - began)


def services(waiting: int, rounds: int) -> None:
    """In this process, as a worker or a web process does it."""
    import django

    django.setup()
    from django.utils import timezone

    from finetune.models import BaseModel, Dataset, Run, Team
    from finetune.runs.events import run_events_copy
    from finetune.runs.worker.hold import claim_next
    from finetune.training.presets import PRESETS

    base = BaseModel.objects.create(slug="base", title="Base", source="/nowhere", state="ready")
    teams = [Team.objects.create(name=f"Team {n}", slug=f"team-{n}") for n in range(100)]
    data = Dataset.objects.create(team=teams[0], name="Data", filename="a.jsonl", state="ready")
    runs = [
        Run(
            team=teams[number % 100], name=f"Run {number}", base=base, dataset=data, state="queued",
            config=dict(PRESETS["quick"].values), queued_at=timezone.now(), total_steps=100,
        )
        for number in range(waiting)
    ]  # fmt: skip
    Run.objects.bulk_create(runs, batch_size=500)
    timed(f"take a run, {waiting} waiting of 100 teams", rounds, lambda n: claim_next(f"w-{n}"))
    run = Run.objects.filter(state="running").first()
    assert run is not None
    values = {"train_loss": 3.0, "learning_rate": 0.01, "grad_norm": 1.1, "total_steps": 100}

    def keep(number: int) -> None:
        line = {
            "seq": number + 1, "time": time.time(), "type": "metrics", "level": "info",
            "message": f"step {number}", "data": {"step": number, **values},
        }  # fmt: skip
        run_events_copy(run.pk, [line])

    timed("keep an event of a run", rounds, keep)


def web(rounds: int, port: int) -> None:
    """The web process, asked by one client in turn."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    with processes("wukongsite.processes.broker", "wukongsite.processes.web") as (_, server):
        while not answers(port):
            time.sleep(0.05)
        process = psutil.Process(server.pid)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            for path in ("/livez", "/readyz", "/health", "/metrics", "/sign-in/"):
                client.get(path)
                seconds, before = [], process.cpu_times()
                for _ in range(rounds):
                    start = time.perf_counter()
                    answer = client.get(path)
                    seconds.append(time.perf_counter() - start)
                    assert answer.status_code == 200, answer.text
                after = process.cpu_times()
                used = after.user + after.system - before.user - before.system
                spread(f"{path} ({len(answer.content)} bytes)", seconds, used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        studio_settings(folder, port)
        os.environ["WUKONG_METRICS_TOKEN"] = TOKEN
        os.environ.pop("VALKEY_URL", None)
        studio_prepared()
        services(options.waiting, options.rounds)
        web(options.rounds, port)


if __name__ == "__main__":
    main()
