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
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
django.setup()

from finetune.datasets.doctor.examination import examine  # noqa: E402
from finetune.datasets.doctor.options import Options  # noqa: E402
from finetune.datasets.versions import changes  # noqa: E402
from finetune.datasets.versions.changes import Plan  # noqa: E402
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


def timed(words: str, what: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = what()
    print(f"{words}: {time.perf_counter() - started:.3f} s")
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
