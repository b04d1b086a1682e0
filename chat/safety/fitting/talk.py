"""Public sets of ordinary talk, where they are on this machine: they set thresholds, no weight.

`esconv` (train, CC BY-NC): people who look for support in everyday distress. `cpsycoun`: Chinese
talks in counselling, a third of them by hash; the others are for mending rules and for measuring
(`third_of`). Never committed, never shown. Messages that the rules find are left out: some of them
do speak of danger.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from chat.safety.detection import read, units
from chat.safety.detection.excuses import is_excused

UNRELATED = "与自杀/自伤/攻击行为无关"  # `psyguard`'s own name for it
DIALOGUES = 300


def heard(language: str, public: Path) -> list[list[str]]:
    """The units of each message, as the judge sees them; nothing where the set is away."""
    path = public / {"en": "esconv/train.jsonl", "zh": "cpsycoun/CPsyCounD.jsonl"}[language]
    if not path.is_file():
        return []
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    if language == "en":
        dialogues = [said(line["dialog"], "speaker", "usr", "text") for line in lines]
    else:
        dialogues = [said(line["messages"], "role", "user", "content") for line in lines]
        dialogues = [dialogue for dialogue in dialogues if third_of(dialogue[0]) == "fit"]
    return [found for dialogue in dialogues[:DIALOGUES] for found in messages(dialogue)]


def said(turns: list[dict[str, str]], role: str, person: str, text: str) -> list[str]:
    return [turn[text] for turn in turns if turn[role] == person]


def messages(dialogue: list[str]) -> Iterator[list[str]]:
    """The units of each of a person's messages that no rule finds."""
    for place, text in enumerate(dialogue):
        history = [{"role": "user", "content": turn} for turn in dialogue[:place]]
        if not read(text, history).level:
            yield [unit for unit in units(text, history) if not is_excused(unit)]


def third_of(text: str) -> str:
    """Which third of a public Chinese set a text is in, by its hash: the same in every run."""
    return ("fit", "tune", "test")[hashlib.sha256(text.strip().encode()).digest()[0] % 3]
