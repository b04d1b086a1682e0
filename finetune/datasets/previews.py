"""The beginning of a dialogue as its data page shows it, in bubbles."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREVIEW_TURNS = 6
PREVIEW_LETTERS = 360
ZERO_WIDTH_JOINER = "\u200d"


@dataclass(frozen=True)
class Turn:
    role: str
    who: str
    text: str


@dataclass(frozen=True)
class Preview:
    """The first turns of one dialogue and how many more there are."""

    line: int
    turns: list[Turn]
    more: int
    member: str = ""


def preview_of(item: Mapping[str, Any], who: Mapping[str, str]) -> Preview:
    """One dialogue of a report; `who` has words for the roles."""
    messages = item["messages"]
    turns = [
        Turn(one["role"], who.get(one["role"], one["role"]), clipped(one["content"]))
        for one in messages[:PREVIEW_TURNS]
    ]
    return Preview(item.get("line", 0), turns, len(messages) - len(turns), item.get("member", ""))


def clipped(text: str) -> str:
    """Its beginning; not cut inside what is shown as one sign, such as a family of emojis."""
    if len(text) <= PREVIEW_LETTERS:
        return text
    end = PREVIEW_LETTERS
    while end > PREVIEW_LETTERS // 2 and (joins(text[end]) or text[end - 1] == ZERO_WIDTH_JOINER):
        end -= 1
    return text[:end].rstrip() + "…"


def joins(letter: str) -> bool:
    """Whether it belongs to the sign before it: an accent, a joiner, a skin colour, a flag."""
    return (
        unicodedata.category(letter) in {"Mn", "Me", "Mc"}
        or letter == ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U0001f1e6" <= letter <= "\U0001f1ff"
    )
