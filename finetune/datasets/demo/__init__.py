"""The demo sets that ship with the product: support dialogues of our own writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class DemoSet:
    """A file of dialogues, one `{"messages": [...]}` a line, and what the data page calls it."""

    name: str
    path: Path


SETS = {
    "en": DemoSet("Support dialogues (demo)", Path(__file__).with_name("support_dialogues.jsonl")),
    "zh": DemoSet(
        "Support dialogues, Chinese (demo)",
        Path(__file__).with_name("support_dialogues_zh.jsonl"),
    ),
}


def path(language: str = "en") -> Path:
    """Return a demo set's file; the English one is what the demo run learns from."""
    return SETS[language].path
