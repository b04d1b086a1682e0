"""Time and memory of the findings: `python -m benchmarks.findings`.

The dialogues are made: words of Zipf's frequencies, four turns, 160 words in the middle; one in
fifty is a near-copy of another, with one word in twenty changed. What is found of these copies is
told, too, so that speed is not bought with blindness.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from finetune.datasets.findings.checks import registry
from finetune.datasets.findings.process import examination
from finetune.datasets.findings.process.order import Order

VOCABULARY = 30_000
COPIES = 50
CHANGED = 20


def words_made(random_: np.random.Generator, count: int) -> list[str]:
    """Words of a language that is not one: as frequent as those of a real one."""
    ranks = random_.zipf(1.2, size=count) % VOCABULARY
    return [f"w{rank}" for rank in ranks.tolist()]


def talk_made(random_: np.random.Generator) -> list[str]:
    return [" ".join(words_made(random_, int(n))) for n in random_.integers(20, 60, size=4)]


def split_made(folder: Path, count: int, seed: int = 7) -> int:
    """Write a split; return how many dialogues are near-copies of one before."""
    random_, chooser = np.random.default_rng(seed), random.Random(seed)
    places, copies, kept = [], 0, []
    with (
        (folder / "train.jsonl").open("wb") as train,
        (folder / "validation.jsonl").open("wb") as held_out,
    ):
        for line in range(1, count + 1):
            if kept and line % COPIES == 0:
                copies += 1
                texts = [changed(text, chooser) for text in chooser.choice(kept)]
            else:
                texts = talk_made(random_)
            if line % 97 == 0 and len(kept) < 2_000:
                kept.append(texts)
            roles = ("user", "assistant")
            messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]
            file = held_out if line % 10 == 0 else train
            places.append((line, 2 * file.tell() + (file is held_out)))
            file.write(json.dumps({"messages": messages}).encode() + b"\n")
    np.array(places, dtype="<u8").tofile(folder / "places")
    return copies


def changed(text: str, chooser: random.Random) -> str:
    words = text.split()
    for _ in range(max(1, len(words) // CHANGED)):
        words[chooser.randrange(len(words))] = f"n{chooser.randrange(10**6)}"
    return " ".join(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=100_000)
    parser.add_argument("--only", default="", help="name of one check, or several with commas")
    given = parser.parse_args()
    if given.only:
        examination.CHECKS = tuple(
            one for one in registry.CHECKS if one.name in given.only.split(",")
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = split_made(folder, given.dialogues)
        out = folder / "findings"
        out.mkdir()
        size = sum((folder / f"{part}.jsonl").stat().st_size for part in ("train", "validation"))
        before = resource.getrusage(resource.RUSAGE_SELF)
        begun = time.monotonic()
        order = Order(str(folder), given.dialogues, judge="chat.safety.dialogues")
        findings = examination.examine(order, out)
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds, computed = time.monotonic() - begun, after.ru_utime - before.ru_utime
        print(
            f"{given.dialogues:,} dialogues, {size / 2**20:.0f} MB: {seconds:.0f} s, "
            f"{computed:.0f} s of one core, {after.ru_maxrss / 1024:.0f} MB"
        )
        for finding in findings:
            print(f"{finding.name}: {finding.count:,} of {finding.read:,}")
        print(f"near-copies made: {copies:,}")


if __name__ == "__main__":
    main()
