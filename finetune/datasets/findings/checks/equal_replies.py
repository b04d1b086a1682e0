"""Replies that stand in both parts, word for word."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from finetune.datasets.findings.process.dialogue import WORD, Dialogue, excerpt, plain
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Order

FEWEST_WORDS = 8  # "Thank you, and take care." may stand anywhere


class EqualReplies(Check):
    """Held-out dialogues with a reply that a dialogue of the training part has, too.

    The held-out part comes first; what is kept of it are eight bytes a reply.
    """

    name = "equal_replies"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._held_out: dict[bytes, tuple[int, str]] = {}
        self._told: set[int] = set()
        self._replies = 0

    def feed(self, dialogue: Dialogue) -> None:
        for reply in dialogue.texts("assistant"):
            words = WORD.findall(plain(reply))
            if len(words) < FEWEST_WORDS:
                continue
            mark = blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()
            if dialogue.part == "validation":
                self._held_out.setdefault(mark, (dialogue.line, ""))
            elif mark in self._held_out:
                line, _ = self._held_out[mark]
                self._replies += 1
                if line not in self._told:
                    self._told.add(line)
                    self.point(dialogue, excerpt(reply), f"line {line}")

    def result(self, told: Told) -> Iterable[Finding]:
        return [self.finding({"replies": self._replies, "words": FEWEST_WORDS})]
