"""Dialogues with nearly the same words, also across the two parts.

MinHash (Broder, "On the resemblance and containment of documents", 1997) with locality-sensitive
hashing (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3) finds pairs that may
be alike; whether they are is counted over the dialogues themselves. Signatures lie on the disk.
"""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from finetune.datasets.findings.process.dialogue import (
    PARTS,
    Dialogue,
    excerpt,
    grams,
    messages_of,
    word_numbers,
)
from finetune.datasets.findings.process.finding import Check, Finding, Place, Places, Told
from finetune.datasets.findings.process.order import Order

WORDS = 3  # of a run of words that two dialogues may share; signs in Chinese
BANDS, ROWS = 16, 4  # a pair that shares 0.7 is found with 98.8 %, one that shares 0.8 with 99.98 %
ALIKE = 0.7  # shared runs of words, of all that both have (Jaccard)
BLOCK = 65_536  # dialogues whose signatures are held at once
KEPT = 4_096  # dialogues whose runs of words are held while pairs are compared
GROUP_SHOWN = 1_000  # members of one group that are listed


class NearDuplicates(Check):
    """Groups of dialogues that share seven runs of three words in ten, or more."""

    name = "near_duplicates"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        numbers = np.random.default_rng(20261128).integers(
            1, 2**63, size=(2, BANDS * ROWS), dtype=np.uint64
        )
        self._factors, self._terms = numbers[0] * np.uint64(2) + np.uint64(1), numbers[1]
        self._offsets, self._lines = array("q"), array("q")
        self._validation = 0
        self._file = tempfile.TemporaryFile(dir=out)  # noqa: SIM115 (closed in `result`)
        self._runs = lru_cache(maxsize=KEPT)(self._runs_of)

    def feed(self, dialogue: Dialogue) -> None:
        self._offsets.append(dialogue.offset)
        self._lines.append(dialogue.line)
        self._validation += dialogue.part == "validation"
        self._file.write(self.signature(grams(dialogue.words, WORDS)).tobytes())

    def signature(self, runs: np.ndarray) -> np.ndarray:
        """The smallest of the runs under each of the hashes; uint32, shape (BANDS * ROWS,)."""
        if not len(runs):
            return np.zeros(BANDS * ROWS, dtype=np.uint32)
        hashed = runs[:, None] * self._factors + self._terms  # (runs, hashes), wraps at 2**64
        smallest: np.ndarray = hashed.min(axis=0) >> np.uint64(32)
        return smallest.astype(np.uint32)

    def result(self, told: Told) -> Iterable[Finding]:
        groups = Groups(len(self._offsets))
        with tempfile.TemporaryDirectory(dir=self.out) as folder:
            self._bands(Path(folder))
            for band in range(BANDS):
                told(band / BANDS)
                for first, other in candidates(Path(folder) / str(band)):
                    if not groups.together(first, other) and self._alike(first, other) >= ALIKE:
                        groups.join(first, other)
        self._file.close()
        return self._findings(groups)

    def _bands(self, folder: Path) -> None:
        """Write one number of each dialogue for each band, a file a band."""
        size = BANDS * ROWS * 4
        self._file.seek(0)
        files = [(folder / str(band)).open("wb") for band in range(BANDS)]
        while block := self._file.read(size * BLOCK):
            rows = np.frombuffer(block, dtype=np.uint32).reshape(-1, BANDS, ROWS).astype(np.uint64)
            mixed = np.zeros(rows.shape[:2], dtype=np.uint64)  # (dialogues, bands)
            for row in range(ROWS):
                mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + rows[:, :, row]
            for band, file in enumerate(files):
                mixed[:, band].tofile(file)
        for file in files:
            file.close()

    def _alike(self, first: int, other: int) -> float:
        """What they share of what both have, 0 to 1."""
        a, b = self._runs(first), self._runs(other)
        shared = len(np.intersect1d(a, b, assume_unique=True))
        return shared / max(1, len(a) + len(b) - shared)

    def _runs_of(self, index: int) -> np.ndarray:
        return grams(word_numbers(self._text(index)), WORDS)

    def _place(self, index: int) -> tuple[str, int]:
        """Part and line of a dialogue by its number in the stream."""
        return PARTS[index >= self._validation], self._lines[index]

    def _text(self, index: int) -> str:
        part, _ = self._place(index)
        with (Path(self.order.data) / f"{part}.jsonl").open("rb") as file:
            file.seek(self._offsets[index])
            messages = messages_of(json.loads(file.readline()))
        return "\n".join(one["content"] for one in messages if one["role"] != "system")

    def _findings(self, groups: Groups) -> list[Finding]:
        leaks = Places(self.out, "split_leak")
        across = 0
        members = groups.members()
        for number, group in enumerate(members, 1):
            held_out = sum(index < self._validation for index in group)
            crossing = 0 < held_out < len(group)
            across += held_out if crossing else 0
            for index in group[:GROUP_SHOWN]:
                part, line = self._place(index)
                place = Place(part, line, excerpt(self._text(index)), group=number)
                self.places.add(place)
                if crossing:
                    leaks.add(place)
            self.places.count += max(0, len(group) - GROUP_SHOWN)
        leaks.close()
        values = {"groups": len(members), "alike": round(100 * ALIKE), "words": WORDS}
        leak = Finding(
            "split_leak",
            across,
            self._validation,
            self._validation,
            values,
            leaks.first,
            leaks.listed,
        )
        return [self.finding(values), leak]


def candidates(path: Path) -> Iterator[tuple[int, int]]:
    """Pairs whose numbers in a band are equal: each with the first, or else with the one before."""
    numbers = np.fromfile(path, dtype=np.uint64)
    order = np.argsort(numbers, kind="stable").astype(np.int32)
    numbers = numbers[order]
    equal = np.flatnonzero(numbers[1:] == numbers[:-1])  # places that are followed by an equal one
    first = previous = -1
    for place in equal:
        if place != previous + 1 or first < 0:
            first = int(place)
        previous = int(place)
        other = int(order[place + 1])
        yield int(order[first]), other
        if int(place) != first:
            yield int(order[place]), other


class Groups:
    """Which dialogues belong together (union and find); int32 for each."""

    def __init__(self, count: int) -> None:
        self._parents = np.arange(count, dtype=np.int32)

    def root(self, index: int) -> int:
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = int(parents[index])
        return index

    def together(self, first: int, other: int) -> bool:
        return self.root(first) == self.root(other)

    def join(self, first: int, other: int) -> None:
        low, high = sorted((self.root(first), self.root(other)))
        self._parents[high] = low

    def members(self) -> list[list[int]]:
        """The groups of two and more, each in order."""
        moved = np.flatnonzero(self._parents != np.arange(len(self._parents)))
        roots = np.array([self.root(int(index)) for index in moved], dtype=np.int32)
        groups: dict[int, list[int]] = {int(root): [int(root)] for root in np.unique(roots)}
        for index, root in zip(moved, roots, strict=True):
            groups[int(root)].append(int(index))
        return [groups[root] for root in sorted(groups)]
