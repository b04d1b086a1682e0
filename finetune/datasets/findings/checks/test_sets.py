"""What a data set has in common with sets that somebody measures with.

Of each dialogue of such a set the smallest of its runs of 13 words are kept (a bottom-k sketch; 13
as in Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C). A dialogue that
holds two of them, or all where there is one, has long passages in common with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from finetune.datasets.findings.process.dialogue import Dialogue, dialogues, excerpt, grams
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Order, TestSet

WORDS = 13
KEPT = 8  # runs of one dialogue of a test set
ENOUGH = 2
MOST_DIALOGUES = 100_000  # of one test set
NAMED = Path(__file__).with_name("named")


def sketch(words: np.ndarray) -> np.ndarray:
    """The smallest numbers of a text's runs; nothing where it is shorter than one run."""
    return grams(words, WORDS)[:KEPT] if len(words) >= WORDS else np.empty(0, dtype=np.uint64)


class TestSets(Check):
    """Dialogues that hold passages of a test set."""

    __test__ = False
    name = "test_sets"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._names: list[str] = []
        self._found: Counter[str] = Counter()
        numbers, owners = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.uint32)]
        items = 0
        for name, sketches in known(order.tests):
            self._names.append(name)
            for runs in sketches:
                numbers.append(runs)
                # The set's place above, its dialogue below: enough to tell which of them is met.
                owners.append(
                    np.full(len(runs), items << 8 | len(self._names) - 1, dtype=np.uint32)
                )
                items += 1
        self._numbers = np.concatenate(numbers)
        self._owners = np.concatenate(owners)
        order_of = np.argsort(self._numbers)
        self._numbers, self._owners = self._numbers[order_of], self._owners[order_of]
        self._sizes = np.bincount(self._owners >> 8) if items else np.empty(0, dtype=np.int64)

    def feed(self, dialogue: Dialogue) -> None:
        if not len(self._numbers) or len(dialogue.words) < WORDS:
            return
        runs = grams(dialogue.words, WORDS)
        first = np.searchsorted(self._numbers, runs, "left")
        last = np.searchsorted(self._numbers, runs, "right")
        met: Counter[int] = Counter()
        for begin, end in zip(first[first < last], last[first < last], strict=True):
            met.update(self._owners[begin:end].tolist())
        for owner, count in met.most_common(1):
            if count >= min(ENOUGH, int(self._sizes[owner >> 8])):
                name = self._names[owner & 0xFF]
                self._found[name] += 1
                self.point(dialogue, excerpt(dialogue.spoken), name)

    def result(self, told: Told) -> Iterable[Finding]:
        values = {"sets": self._names, "found": dict(self._found), "words": WORDS}
        return [self.finding(values)]


def known(tests: Iterable[TestSet]) -> Iterator[tuple[str, Iterable[np.ndarray]]]:
    """Each test set with the sketches of its dialogues: named public ones, then the team's."""
    for path in sorted(NAMED.glob("*.npz")):
        with np.load(path) as kept:
            numbers, sizes = kept["numbers"], kept["sizes"]
        yield str(path.stem).replace("_", " "), np.split(numbers, np.cumsum(sizes)[:-1])
    for test in list(tests)[:200]:
        yield test.name, sketches_of(Path(test.folder))


def sketches_of(folder: Path) -> Iterator[np.ndarray]:
    for number, dialogue in enumerate(dialogues(folder)):
        if number >= MOST_DIALOGUES:
            return
        runs = sketch(dialogue.words)
        if len(runs):
            yield runs
