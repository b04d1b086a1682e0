"""People in danger, and replies that no assistant should give, as the safety module judges them.

The module is named in the order, since nothing here knows of chats. Rules alone, without a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from finetune.datasets.findings.process.dialogue import Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Order

MOST = 3_000  # dialogues that are read: the rules take some 50 ms for one of twenty turns


class Judge(Protocol):
    """What a module that judges offers."""

    def crisis(self, messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
        """Category of what a person says of a danger, and the words; empty: none."""

    def unsafe(self, messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
        """Class for which a reply would be held, and the sentence; empty: none."""


@lru_cache(maxsize=4)
def judge_of(module: str) -> Judge:
    return cast(Judge, import_module(module))


class Judged(Check):
    """What both have in common."""

    most = MOST

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._kinds: Counter[str] = Counter()

    def judged(self, judge: Judge, dialogue: Dialogue) -> tuple[str, str]:
        raise NotImplementedError

    def feed(self, dialogue: Dialogue) -> None:
        if not self.order.judge:
            return
        kind, words = self.judged(judge_of(self.order.judge), dialogue)
        if kind:
            self._kinds[kind] += 1
            self.point(dialogue, excerpt(words), kind)

    def result(self, told: Told) -> Iterable[Finding]:
        return (
            [self.finding({"kinds": dict(self._kinds.most_common())})] if self.order.judge else []
        )


class Crisis(Judged):
    """Dialogues in which a person speaks of suicide, self-harm, violence or abuse."""

    name = "crisis"

    def judged(self, judge: Judge, dialogue: Dialogue) -> tuple[str, str]:
        return judge.crisis(dialogue.messages)


class UnsafeReplies(Judged):
    """Dialogues with a reply that the chat would not let out."""

    name = "unsafe_replies"

    def judged(self, judge: Judge, dialogue: Dialogue) -> tuple[str, str]:
        return judge.unsafe(dialogue.messages)
