"""The beginning of a dialogue as its data page shows it, in bubbles."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .formats.calls import said

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
    replies: tuple[Turn, ...] = ()  # of a pair: the one that was preferred, and the other
    member: str = ""


def preview_of(item: Mapping[str, Any], who: Mapping[str, str]) -> Preview:
    """One dialogue of a report; `who` has words for the roles."""

    def turn(message: Mapping[str, Any]) -> Turn:
        role = message["role"]
        return Turn(role, who.get(role, role), clipped(said(dict(message))))

    messages = item["messages"]
    replies = tuple(turn(item[name]) for name in ("chosen", "rejected") if name in item)
    turns = [turn(one) for one in (messages[-2:] if replies else messages[:PREVIEW_TURNS])]
    more = len(messages) - len(turns)
    return Preview(item.get("line", 0), turns, more, replies, item.get("member", ""))


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
