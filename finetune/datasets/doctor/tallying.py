"""Numbers of the dialogues that are kept: turns, tokens, roles, keys that were not used."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from finetune.datasets.doctor.problems import printable
from finetune.datasets.doctor.report import Report

MOST_KEYS = 100  # different keys beside the dialogue that are named
MOST_ORDERS = 1000  # different orders of roles that are held at once

Counts = Callable[[list[str]], list[int]]  # texts -> tokens of each


class Tally:
    """Takes kept dialogues one by one; `fill` writes the sums.

    Attributes:
        turns: messages of each dialogue, in order.
        tokens: tokens of each dialogue, in order.
    """

    def __init__(self) -> None:
        self._orders: Counter[str] = Counter()  # dialogues in which the roles stand like this
        self._roles: Counter[str] = Counter()
        self._starts_with_assistant = self._ends_with_user = 0
        self._unused: Counter[str] = Counter()
        self.turns = array("l")
        self.tokens = array("l")

    def add(self, roles: str, tokens: int, unused: Iterable[str]) -> None:
        """Take one: its messages' roles, a blank between each two, its tokens, and the keys of
        which nothing was made."""
        self.turns.append(roles.count(" ") + 1)
        self.tokens.append(tokens)
        self._orders[roles] += 1
        if len(self._orders) > MOST_ORDERS:
            self._add_up()
        for key in unused:  # as they are counted: printable, and not without end
            name = printable(key[:60])
            known = name in self._unused or len(self._unused) < MOST_KEYS
            self._unused[name if known else "(other keys)"] += 1

    def _add_up(self) -> None:
        for order, count in self._orders.items():
            roles = order.split(" ")
            for role in roles:
                self._roles[role] += count
            self._starts_with_assistant += count * (roles[roles[0] == "system"] == "assistant")
            self._ends_with_user += count * (roles[-1] == "user")
        self._orders.clear()

    def fill(self, report: Report) -> None:
        """Write the sums into the report."""
        self._add_up()
        report.roles = dict(self._roles)
        report.starts_with_assistant = self._starts_with_assistant
        report.ends_with_user = self._ends_with_user
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
