"""Numbers of the dialogues that are kept: turns, tokens, roles, keys that were not used."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from finetune.datasets.doctor.problems import printable
from finetune.datasets.doctor.report import Report

MOST_KEYS = 100  # different keys beside the dialogue that are named
BATCH_LETTERS = 1 << 18  # counted together, so that the tokenizer uses every core

Counts = Callable[[list[str]], list[int]]  # texts -> tokens of each


class Tally:
    """Takes kept dialogues one by one; `fill` writes the sums.

    Attributes:
        turns: messages of each dialogue, in order.
        tokens: tokens of each dialogue, in order; behind the last batch once `fill` was called.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._texts: list[str] = []
        self._letters = 0
        self._spoken: list[str] = []  # the roles of these texts
        self._pairs: set[int] = set()  # places of pairs whose tokens are not known
        self._counted = 0  # dialogues whose tokens are known
        self._roles: Counter[str] = Counter()
        self._unused: Counter[str] = Counter()
        self.turns = array("l")
        self.tokens = array("l")

    def add(
        self, texts: list[str], roles: list[str], unused: Iterable[str], *, pair: bool = False
    ) -> None:
        """Take one: its messages' texts and roles, and the keys of which nothing was made.

        Args:
            pair: whether the last two texts are two replies; the shorter one counts no tokens.
        """
        self.turns.append(len(texts))
        if pair:
            self._pairs.add(len(self.turns) - 1)
        self._texts += texts
        self._letters += sum(map(len, texts))
        self._spoken += roles
        for key in unused:  # as they are counted: printable, and not without end
            name = printable(key[:60])
            known = name in self._unused or len(self._unused) < MOST_KEYS
            self._unused[name if known else "(other keys)"] += 1
        if self._letters > BATCH_LETTERS:
            self._count()

    def _count(self) -> None:
        counts = self._counts(self._texts)
        start = 0
        for place, turns in enumerate(self.turns[self._counted :], self._counted):
            each = counts[start : start + turns]
            start += turns
            self.tokens.append(sum(each) - (min(each[-2:]) if place in self._pairs else 0))
        self._roles.update(self._spoken)
        self._spoken.clear()
        self._pairs.clear()
        self._counted = len(self.turns)
        self._texts.clear()
        self._letters = 0

    def fill(self, report: Report) -> None:
        """Write the sums into the report."""
        self._count()
        report.roles = dict(self._roles)
        report.unused = [
            {"key": key, "records": count} for key, count in self._unused.most_common()
        ]
        report.turns = sum(self.turns)
        report.tokens = sum(self.tokens)
        report.measure(self.tokens.tolist())


def estimated(texts: list[str]) -> list[int]:
    """A token for every four bytes."""
    return [(len(text) if text.isascii() else len(text.encode("utf-8"))) + 3 >> 2 for text in texts]


def counting(path: Path | None) -> tuple[Counts, list[str]]:
    """How to count tokens, and the special tokens of the tokenizer that does it.

    Args:
        path: a `tokenizer.json` or its folder; None guesses.
    """
    if path is None:
        return estimated, []
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json" if path.is_dir() else path))
    tokenizer.no_padding()  # to the longest text that happens to be in a batch
    added = tokenizer.get_added_tokens_decoder().values()
    special = [token.content for token in added if token.special]

    def counted(texts: list[str]) -> list[int]:
        batch = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [len(encoding) for encoding in batch]

    return counted, special
