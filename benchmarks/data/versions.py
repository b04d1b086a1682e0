"""How fast a version is made, a page of dialogues read and a text found, and in how much memory.

    python -m benchmarks.data.versions --dialogues 100000

Every fiftieth line of the file has a comma too much and is mended. Nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
django.setup()

from finetune.datasets.doctor.examination import examine  # noqa: E402
from finetune.datasets.doctor.options import Options  # noqa: E402
from finetune.datasets.findings.changing import lines_of  # noqa: E402
from finetune.datasets.findings.process.finding import Place  # noqa: E402
from finetune.datasets.versions import changes  # noqa: E402
from finetune.datasets.versions.changes import Plan, changes_read, changes_write  # noqa: E402
from finetune.datasets.versions.dialogues import Dialogues, Wanted  # noqa: E402
from finetune.datasets.versions.making import Making  # noqa: E402
from finetune.datasets.versions.proposals import fixable_mark  # noqa: E402

WORDS = [f"word{number}" for number in range(5000)]


def write(path: Path, count: int) -> float:
    """Write the file and return its size in MB."""
    chosen = random.Random(1)
    with path.open("w") as handle:
        for number in range(count):
            asked = f"{number} {' '.join(chosen.choices(WORDS, k=60))}"
            said = " ".join(chosen.choices(WORDS, k=60))
            text = json.dumps(
                {
                    "messages": [
                        {"role": "user", "content": asked},
                        {"role": "assistant", "content": said},
                    ]
                }
            )
            handle.write((text if number % 50 else text.replace('"}]}', '",}]}')) + "\n")
    return path.stat().st_size / 2**20


def ask(folder: Path) -> int:
    """Ask for masks in every dialogue, as the button of a finding does; return how many."""
    lines = lines_of(SimpleNamespace(folder=folder), "personal_data")  # type: ignore[arg-type]
    wanted = changes_write(folder / "changes.jsonl", map(changes.mask, lines))
    return wanted["mask"]


def places_write(folder: Path, count: int) -> None:
    """What the second look writes of a finding that is in every dialogue."""
    with (folder / "personal_data.jsonl").open("w") as handle:
        for line in range(1, count + 1):
            place = Place("train", line, "word1 " * 25, "EMAIL")
            handle.write(json.dumps(asdict(place)) + "\n")


def timed(words: str, what: Callable[[], Any]) -> Any:
    started, worked = time.perf_counter(), time.process_time()
    result = what()
    took, core = time.perf_counter() - started, time.process_time() - worked
    print(f"{words}: {took:.3f} s, of a core {core:.3f} s", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=100_000)
    count = parser.parse_args().dialogues
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original = folder / "original"
        print(f"{write(original, count):.0f} MB, {count:,} lines")
        report = timed("check", lambda: examine(original, folder, Options()))
        marked = timed(
            "fixes tried", lambda: fixable_mark(folder, report.to_dict(), Options())["fixable"]
        )
        print(marked)
        before: Any = SimpleNamespace(version=1, original_file=original)
        making = Making(before, Plan([changes.fix_all(), changes.exclude(5)]), Options())
        made = timed("version made", lambda: sum(1 for _ in making.records()))
        print(f"{made:,} dialogues, {dict(making.counts)}")
        places_write(folder, count)
        asked = timed("masks asked for, in the web process", lambda: ask(folder))
        print(f"{asked:,} lines")
        making = Making(before, Plan(changes_read(folder / "changes.jsonl")), Options())
        timed("version with masks made", lambda: sum(1 for _ in making.records()))
        rows: Any = SimpleNamespace(
            train_file=folder / "train.jsonl",
            validation_file=folder / "validation.jsonl",
            places_file=folder / "places",
        )
        dialogues = Dialogues(rows)
        timed("page in the last tenth", lambda: dialogues.page(Wanted(), count * 9 // 10))
        timed("one dialogue by its line", lambda: dialogues.of_line(count // 2))
        found = timed("search", lambda: dialogues.page(Wanted(text="word1 nowhere")))
        print(f"{found.searched:,} dialogues searched")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


if __name__ == "__main__":
    main()
