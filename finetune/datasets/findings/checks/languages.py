"""Which language each dialogue is in, and which of them no ready base has words for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from finetune.datasets.findings.process.dialogue import WORD, Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Order

READ = 1_500  # letters of a dialogue
FEWEST_LETTERS = 20  # in less, no language can be told
HAN = re.compile(r"[\u3400-\u9fff]")
KANA = re.compile(r"[\u3040-\u30ff]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
UNKNOWN = "und"  # ISO 639: undetermined


@cache
def _model() -> Any:
    import py3langid

    return py3langid


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language that most of a text is in, `und` where it is too short."""
    text = text[:READ]
    signs, latin = len(HAN.findall(text)), len(LATIN.findall(text))
    if signs >= 4 and signs * 3 >= latin and not KANA.search(text):
        return "zh"
    letters = sum(map(len, WORD.findall(text)))
    if letters < FEWEST_LETTERS:
        return UNKNOWN
    return str(_model().classify(text)[0])


class Languages(Check):
    """Dialogues that are in another language than most."""

    name = "languages"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._counts: Counter[str] = Counter()
        self._first: dict[str, list[tuple[str, int]]] = {}

    def feed(self, dialogue: Dialogue) -> None:
        language = language_of(dialogue.spoken)
        self._counts[language] += 1
        if language != UNKNOWN and language != self._counts.most_common(1)[0][0]:
            self.point(dialogue, excerpt(dialogue.spoken), language)

    def result(self, told: Told) -> Iterable[Finding]:
        told_apart = {one: n for one, n in self._counts.most_common() if one != UNKNOWN}
        most = next(iter(told_apart), "")
        lacking = [
            base.title
            for base in self.order.bases
            if most in ("en", "zh") and most not in base.languages
        ]
        finding = self.finding(
            {"languages": dict(self._counts.most_common(20)), "most": most, "lacking": lacking[:10]}
        )
        finding.count = sum(told_apart.values()) - told_apart.get(most, 0)
        return [finding]
