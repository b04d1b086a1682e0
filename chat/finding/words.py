"""What somebody searches for, and where it stands in a text. Knows no rows.

Each word that was typed has to be in the text, anywhere, also within another word: Chinese has no
spaces between words. Capital or small letters are alike, and so are simplified and traditional
signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

import opencc

LONGEST = 100  # signs that can be searched for
MOST_WORDS = 8
BEFORE = 60  # signs of an excerpt before the first word that was found
EXCERPT = 220
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
SCRIPTS = ("t2s", "s2t", "s2tw")  # simplified, traditional, and as Taiwan writes it


@dataclass(frozen=True)
class Piece:
    """A part of a text; `hit` where it is one of the words."""

    text: str
    hit: bool = False


@dataclass(frozen=True)
class Sought:
    """The words, each with the spellings that count as the same."""

    words: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, typed: str) -> Sought:
        different = dict.fromkeys(typed.split())
        return cls(tuple(spellings(word) for word in list(different)[:MOST_WORDS]))

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        return [pattern_of(spelled) for spelled in self.words]

    @cached_property
    def any_word(self) -> re.Pattern[str]:
        return pattern_of([one for spelled in self.words for one in spelled])

    def is_in(self, text: str) -> bool:
        return all(pattern.search(text) for pattern in self.patterns)

    def pieces(self, text: str) -> list[Piece]:
        """The whole text, cut where the words begin and end."""
        parts, end = [], 0
        for found in self.any_word.finditer(text):
            parts += [Piece(text[end : found.start()]), Piece(found.group(), hit=True)]
            end = found.end()
        return [part for part in (*parts, Piece(text[end:])) if part.text]

    def excerpt(self, text: str) -> list[Piece]:
        """Some words around the first place where one of them stands."""
        text = " ".join(text.split())
        first = self.any_word.search(text)
        start = max(0, first.start() - BEFORE) if first else 0
        end = min(len(text), start + EXCERPT)
        if start and first:  # begin with a whole word, where there are spaces
            space = text.find(" ", start, first.start())
            start = space + 1 if space >= 0 else start
        if end < len(text):
            space = text.rfind(" ", first.end() if first else start, end)
            end = space if space > start + EXCERPT // 2 else end
        parts = self.pieces(text[start:end])
        head = [Piece("… ")] if start else []
        return [*head, *parts, *([Piece(" …")] if end < len(text) else [])]


def pattern_of(spelled: tuple[str, ...] | list[str]) -> re.Pattern[str]:
    """Any of them, the longest first, in capital or small letters."""
    longest_first = sorted(spelled, key=len, reverse=True)
    return re.compile("|".join(re.escape(one) for one in longest_first), re.IGNORECASE)


def spellings(word: str) -> tuple[str, ...]:
    """The word, and with Chinese signs the same in the other script."""
    if not HAN.search(word):
        return (word,)
    return tuple(dict.fromkeys([word, *(converter(name).convert(word) for name in SCRIPTS)]))


@cache
def converter(name: str) -> opencc.OpenCC:
    return opencc.OpenCC(name)


def needle(word: str) -> str:
    """The longest part that every database compares as we do; empty if there is none.

    SQLite knows capitals of ASCII letters alone, so a text with `École` is read to be compared.
    """
    runs = [""]
    for sign in word:
        if sign.isascii() or sign.lower() == sign.upper():
            runs[-1] += sign
        else:
            runs.append("")
    return max(runs, key=len)
