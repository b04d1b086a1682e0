"""How replies begin, how long they are, and how the turns are shared out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from finetune.datasets.findings.process.dialogue import WORD, Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Place, Told
from finetune.datasets.findings.process.order import Order

BEGINNING, BEGINNING_SIGNS = 4, 6  # words; signs in Chinese
MOST_BEGINNINGS = 200_000
REPEATED = 0.05  # of all replies: an opening that a run would learn as a habit
LENGTHS = 1_000  # words of a reply that are told apart
SHORT = 3


def opening_of(reply: str) -> str:
    """The first words of a reply, as they are counted.

    >>> opening_of("I'm so sorry to hear that."), opening_of("听起来你很累。")
    ('i m so sorry', '听起来你很累')
    """
    words = [found.casefold() for found in WORD.findall(reply[:200])]
    signs = bool(words) and len(words[0]) == 1 and not words[0].isascii()
    size = BEGINNING_SIGNS if signs else BEGINNING
    return ("" if signs else " ").join(words[:size]) if len(words) >= size else ""


class Openings(Check):
    """Openings that many replies have in common."""

    name = "openings"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._openings: Counter[str] = Counter()
        self._replies = 0
        self._examples: dict[str, Place] = {}

    def feed(self, dialogue: Dialogue) -> None:
        for reply in dialogue.texts("assistant"):
            self._replies += 1
            opening = opening_of(reply)
            if not opening:
                continue
            self._openings[opening] += 1
            if opening not in self._examples and len(self._examples) < MOST_BEGINNINGS // 10:
                self._examples[opening] = Place(dialogue.part, dialogue.line, excerpt(reply))
        if len(self._openings) > MOST_BEGINNINGS:  # the rare ones are not what is looked for
            self._openings = Counter(dict(self._openings.most_common(MOST_BEGINNINGS // 2)))

    def result(self, told: Told) -> Iterable[Finding]:
        most = self._openings.most_common(10)
        often = [one for one in most if one[1] >= max(3, REPEATED * self._replies)]
        for opening, _ in often:
            if opening in self._examples:
                self.places.add(self._examples[opening])
        self.places.close()
        values = {
            "replies": self._replies,
            "openings": [[opening, count] for opening, count in most if count > 1],
            "first": often[0][0] if often else "",
            "percent": round(100 * often[0][1] / self._replies) if often else 0,
        }
        return [
            Finding(
                self.name, sum(count for _, count in often), self._replies, self._replies, values,
                self.places.first, self.places.listed,
            )
        ]  # fmt: skip


class Lengths(Check):
    """How long replies are, in words, and how many turns a dialogue has."""

    name = "reply_lengths"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._words = [0] * (LENGTHS + 1)
        self._turns: Counter[int] = Counter()
        self._roles: Counter[str] = Counter()

    def feed(self, dialogue: Dialogue) -> None:
        self._turns[min(50, sum(one["role"] != "system" for one in dialogue.messages))] += 1
        self._roles.update(one["role"] for one in dialogue.messages)
        short = ""
        for reply in dialogue.texts("assistant"):
            words = min(LENGTHS, len(WORD.findall(reply)))
            self._words[words] += 1
            if words <= SHORT:
                short = short or reply
        if short:
            self.point(dialogue, excerpt(short))

    def result(self, told: Told) -> Iterable[Finding]:
        values = {
            "median": self._quantile(0.5),
            "low": self._quantile(0.05),
            "high": self._quantile(0.95),
            "replies": sum(self._words),
            "roles": dict(self._roles),
            "turns": {str(number): self._turns[number] for number in sorted(self._turns)},
            "short": SHORT,
        }
        return [self.finding(values)]

    def _quantile(self, share: float) -> int:
        wanted, passed = share * sum(self._words), 0
        for words, count in enumerate(self._words):
            passed += count
            if passed >= wanted and passed:
                return words
        return 0
