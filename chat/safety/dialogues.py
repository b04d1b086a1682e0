"""Whole dialogues of a data set, judged by the rules: danger that a person speaks of, and replies
that would be held back.

For `finetune.datasets.findings`, which names this module in its orders. No model: the heads need
the engine, and find more (docs/safety.md says how much).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .assessment import assess
from .gate.judging import by_rule

SENTENCE = re.compile(r".+?(?:[.!?。！？…]+[\"”’)]*(?=\s|[\u3400-\u9fff]|$)|\n|$)", re.DOTALL)


def crisis(messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """The category of the first turn of the person for which a card would be shown, and that turn;
    two empty texts where there is none."""
    history: list[dict[str, str]] = []
    for message in messages:
        if message["role"] == "user":
            found = assess(message["content"], history)
            if found:
                return found.category, message["content"]
        if message["role"] != "system":
            history.append({"role": message["role"], "content": message["content"]})
    return "", ""


def unsafe(messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """The class for which a sentence of a reply would be held, and it; or two empty texts.

    Replies that are not learned (weight 0) are not looked at.
    """
    asked = ""
    for message in messages:
        if message["role"] == "user":
            asked = message["content"]
        if message["role"] != "assistant" or not message.get("weight", 1):
            continue
        before = ""
        for found in SENTENCE.finditer(message["content"]):
            sentence = found.group().strip()
            if kind := by_rule(sentence, before, asked):
                return kind, sentence
            before = sentence or before
    return "", ""
