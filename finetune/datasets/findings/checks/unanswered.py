"""Turns that nobody answers, and turns of one side that follow each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from finetune.datasets.findings.process.dialogue import Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Order


class Unanswered(Check):
    """Dialogues that end with the person's turn, or in which one side speaks twice."""

    name = "unanswered"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._kinds: Counter[str] = Counter()

    def feed(self, dialogue: Dialogue) -> None:
        spoken = [message for message in dialogue.messages if message["role"] != "system"]
        if spoken[-1]["role"] in ("user", "tool"):
            self._take(dialogue, spoken[-1]["content"], "last")
            return
        for before, after in pairwise(spoken):
            if before["role"] == after["role"] != "tool":
                self._take(dialogue, after["content"], f"twice_{after['role']}")
                return

    def _take(self, dialogue: Dialogue, text: str, kind: str) -> None:
        self._kinds[kind] += 1
        self.point(dialogue, excerpt(text), kind)

    def result(self, told: Told) -> Iterable[Finding]:
        return [self.finding({"kinds": dict(self._kinds)})]
