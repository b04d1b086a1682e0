"""Sentences that may and may not leave, and the search for what has left."""

from __future__ import annotations

import re
from pathlib import Path

from chat.safety.gate import sentences

UNSEEN = Path(__file__).parents[1] / "safety" / "gate" / "unseen"
WORD = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]")
GRAM = 5


def sentences_of(language: str) -> tuple[dict[str, str], list[str]]:
    """Unsafe sentences with their class, and good ones, of the gate's own unseen test."""
    unsafe: dict[str, str] = {}
    good: list[str] = []
    held_class, safe = "", False
    for line in (UNSEEN / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=="):
            held_class, _, kind = line.strip("= ").partition(": ")
            safe = kind.strip() != "unsafe"
        elif line.strip() and not line.startswith("#"):
            sentence = line.rpartition(">>")[2].rpartition("||")[2].strip()
            if safe:
                good.append(sentence)
            elif held_class != "wrong_language" and sentences(sentence) == [sentence]:
                unsafe[sentence] = held_class
    return unsafe, good


def grams(text: str) -> set[tuple[str, ...]]:
    """Every run of five words, or of five Chinese signs."""
    words = WORD.findall(text.lower())
    return {tuple(words[at : at + GRAM]) for at in range(len(words) - GRAM + 1)}


def leaked(unsafe: list[str], seen: str, allowed: str = "") -> set[tuple[str, ...]]:
    """What of unsafe sentences stands in what was seen, unless harmless text says it as well."""
    known = grams(allowed)
    return {gram for sentence in unsafe for gram in grams(sentence) - known} & grams(seen)
