"""What people speak of: how topics are shared out, and which of them nobody held out measures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from finetune.datasets.findings.process.dialogue import PARTS, Dialogue, Part, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Place, Told
from finetune.datasets.findings.process.order import Order

from .topic_words import TOPICS

LEAST = 2  # words of a topic in a dialogue, where some topic has so many
FEW, RARE = 3, 0.01  # dialogues of a topic, and their share: of fewer, none need be held out
PATTERNS = {
    topic: (re.compile(rf"\b(?:{english})\b", re.IGNORECASE), re.compile(chinese))
    for topic, (english, chinese) in TOPICS.items()
}


def topics_of(text: str) -> list[str]:
    """The topics that a text has two words of or more; where none has, those with one.

    >>> topics_of("My boss fired me, and I can't sleep."), topics_of("我和丈夫离婚了，老板也骂我")
    (['work'], ['couple'])
    """
    counts = {
        topic: sum(len(pattern.findall(text)) for pattern in patterns)
        for topic, patterns in PATTERNS.items()
    }
    least = min(LEAST, max(counts.values()))
    return [topic for topic, count in counts.items() if count >= least > 0]


class Topics(Check):
    """Topics that are learned and that no held-out dialogue is about."""

    name = "topics"
    most = 5_000

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._counts: dict[Part, Counter[str]] = {part: Counter() for part in PARTS}
        self._none = 0
        self._learned: list[tuple[Place, list[str]]] = []

    def feed(self, dialogue: Dialogue) -> None:
        text = "\n".join(dialogue.texts("user"))
        topics = topics_of(text)
        self._counts[dialogue.part].update(topics)
        self._none += not topics
        held_out = self._counts["validation"]  # whole by now: that part is read first
        missing = [topic for topic in topics if not held_out[topic]]
        if dialogue.part == "train" and missing:
            self._learned.append(
                (Place(dialogue.part, dialogue.line, excerpt(text), missing[0]), missing)
            )

    def result(self, told: Told) -> Iterable[Finding]:
        learned, held_out = self._counts["train"], self._counts["validation"]
        few = max(FEW, RARE * self.read)
        alone = {
            topic: count
            for topic, count in learned.most_common()
            if count >= few and not held_out[topic]
        }
        for place, missing in self._learned:
            if alone.keys() & set(missing):
                self.places.add(place)
        topics = dict((learned + held_out).most_common())
        return [self.finding({"topics": topics, "none": self._none, "kinds": alone})]
