"""A trainer beside an engine that talks: how much each is slowed by the other.

    python -m benchmarks.chat.beside_training [--base FOLDER] [--replies 4] [--steps 4]

Both as the site starts them: the engine with its threads, the trainer with those that are free as
it starts and with `nice`. First the engine alone, then the trainer alone, then both at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from benchmarks.chat.engine import BASE, QUESTIONS, publish, ready, stream
from benchmarks.frame import ROOT, free_port, print_head, print_row, processes
from chat.engine.client import EngineClient
from finetune.datasets import demo
from finetune.training.config import RunConfig
from finetune.training.log.events import read_events

NICENESS = 10  # the site's default


def trainer_started(folder: Path, base: Path) -> subprocess.Popen[bytes]:
    """A run that would take hours, as a worker starts it."""
    config = RunConfig(
        base_model=str(base),
        train_file=str(demo.path()),
        adapter="lora",
        steps=10_000,
        save_every=10**6,
        sample_tokens=0,
    )
    folder.mkdir()
    (folder / "config.json").write_text(config.to_json())
    command = ["nice", "-n", str(NICENESS), sys.executable, "-m", "finetune.training", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def steps_of(folder: Path) -> list[dict[str, Any]]:
    """The steps that a run has made by now."""
    path = folder / "events.jsonl"
    events = read_events(path) if path.exists() else ()
    return [event for event in events if event["type"] == "metrics"]


async def replies(client: EngineClient, count: int, tokens: int) -> list[tuple[float, float]]:
    """Seconds to the first token, and tokens a second, of replies one after the other."""
    measured = []
    for number in range(count):
        begin = time.perf_counter()
        first, made = await stream(client, "base", QUESTIONS[number % len(QUESTIONS)], tokens)
        measured.append((first, made / (time.perf_counter() - begin)))
    return measured


async def steps_made(folder: Path, count: int) -> float:
    """Wait for a number of further steps; the median of their seconds."""
    known = len(steps_of(folder))
    while len(steps_of(folder)) < known + count + 1:
        await asyncio.sleep(0.2)
    times = [event["time"] for event in steps_of(folder)[known:]]
    return statistics.median(b - a for a, b in pairwise(times))


async def measure(client: EngineClient, folder: Path, args: argparse.Namespace) -> None:
    """Engine alone, trainer alone, both."""
    await ready(client)
    await replies(client, 1, 8)
    alone = await replies(client, args.replies, args.tokens)
    trainer = trainer_started(folder, args.base)
    try:
        while not steps_of(folder):
            if trainer.poll() is not None:
                raise SystemExit("the trainer ended before its first step")
            await asyncio.sleep(0.2)
        quiet = await steps_made(folder, args.steps)
        talking = asyncio.create_task(steps_made(folder, args.steps))
        beside = []
        while not talking.done():
            beside += await replies(client, 1, args.tokens)
        busy = await talking
        threads = next(e for e in read_events(folder / "events.jsonl") if e["type"] == "model")
    finally:
        trainer.kill()
        trainer.wait()
    print(f"{os.cpu_count()} cores, {threads['data']['threads']} thread(s) of the trainer\n")
    print_head("", "alone", "beside the other")
    for title, part, unit in (("first token", 0, "s"), ("reply", 1, "tokens/s")):
        one, other = (statistics.median(row[part] for row in rows) for rows in (alone, beside))
        print_row(f"engine, {title}", f"{one:.2f} {unit}", f"{other:.2f} {unit}")
    print_row("trainer, a step", f"{quiet:.2f} s", f"{busy:.2f} s")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--replies", type=int, default=4)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=48)
    args = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        cards = Path(folder) / "assistants"
        cards.mkdir()
        publish(cards, args.base, {})
        with processes(f"chat.engine --assistants {cards} --port {port}"):
            client = EngineClient(f"http://127.0.0.1:{port}")
            asyncio.run(measure(client, Path(folder) / "run", args))


if __name__ == "__main__":
    main()
