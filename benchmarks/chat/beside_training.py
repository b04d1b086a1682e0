"""Measures talks while a run trains on the same cores: first token, and the longest silence.

    python -m benchmarks.chat.beside_training [--base FOLDER] [--talks 12]

A real engine and a real trainer on the demo set. Rows: nothing trains; a trainer that steps back
as the site's worker starts it (`nice -n 10`); one that does not. Each talk has one question; then
four at once.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.chat.engine import BASE, QUESTIONS, publish, ready
from benchmarks.frame import free_port, print_head, print_row, processes
from chat.engine.client import EngineClient
from finetune.datasets import demo

TOKENS = 40


async def talk(client: EngineClient, question: str) -> tuple[float, float]:
    """Seconds to the first token, and the longest time between two."""
    times = [time.perf_counter()]
    messages = [{"role": "user", "content": question}]
    deltas = client.stream_chat("base", messages, max_tokens=TOKENS, temperature=0.7)
    async with aclosing(deltas):
        async for delta in deltas:
            if delta.text:
                times.append(time.perf_counter())
    gaps = [after - before for before, after in pairwise(times)]
    return gaps[0], max(gaps[1:])


async def talks(client: EngineClient, count: int, together: int) -> list[tuple[float, float]]:
    results: list[tuple[float, float]] = []
    for start in range(0, count, together):
        asked = [QUESTIONS[i % len(QUESTIONS)] + f" ({i})" for i in range(start, start + together)]
        results += await asyncio.gather(*(talk(client, question) for question in asked))
    return results


@contextmanager
def trainer(folder: Path, base: Path, niceness: int) -> Iterator[None]:
    """A run that trains until it is ended; entered at its first step."""
    options = {"base-model": base, "train-file": demo.path(), "steps": 5_000, "eval-every": 5_000}
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    python = (sys.executable, "-m", "finetune.training")
    subprocess.run([*python, "new", str(folder), *given], check=True)
    with (folder / "trainer.log").open("wb") as log:
        process = psutil.Popen(
            ["nice", "-n", str(niceness), *python, str(folder)], stdout=log, stderr=log
        )
    try:
        while '"metrics"' not in read(folder / "events.jsonl"):
            if process.poll() is not None:
                raise SystemExit(read(folder / "trainer.log"))
            time.sleep(0.5)
        yield
    finally:
        process.kill()
        process.wait()


def read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def percentile(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1) + 0.5)]


def measured(client: EngineClient, name: str, count: int) -> None:
    for together in (1, 4):
        results = asyncio.run(talks(client, count, together))
        firsts, gaps = map(list, zip(*results, strict=True))
        print_row(
            name,
            together,
            f"{sum(firsts) / len(firsts):.2f} s",
            f"{percentile(firsts):.2f} s",
            f"{max(gaps):.2f} s",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--talks", type=int, default=12)
    arguments = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        publish(folder, arguments.base, adapters={})
        with processes(f"chat.engine --assistants {folder} --port {port}"):
            client = EngineClient(f"http://127.0.0.1:{port}")
            asyncio.run(ready(client))
            print_head("beside it", "talks at once", "first token, mean", "95 %", "longest silence")
            measured(client, "nothing", arguments.talks)
            for niceness in (10, 0):
                with trainer(folder / f"run-{niceness}", arguments.base, niceness):
                    measured(client, f"a trainer, nice {niceness}", arguments.talks)


if __name__ == "__main__":
    main()
