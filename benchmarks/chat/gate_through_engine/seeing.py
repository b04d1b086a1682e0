"""What a client has seen, and whether any fragment of a sentence is in it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chat.safety.fitting.cases import Case

from .saying import pieces_of

LETTERS = 12  # in a row that are a fragment
SIGNS = 6  # of Chinese, in which a word has two
HAN = re.compile(r"[\u3400-\u9fff]")
TAG = re.compile(r"<[^>]*>")


@dataclass
class Seen:
    """Every frame that a client got on one way for one case.

    Attributes:
        frames: texts, as they came.
        asked: what the person wrote.
        by_library: whether the policy let no assistant answer what the case asks.
        beside: what other cases say in the same frames.
    """

    case: Case
    asked: str
    frames: list[str] = field(default_factory=list)
    by_library: bool = False
    beside: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return plain("\n".join(self.frames))

    def shown(self) -> list[str]:
        """The sentences of the case that are there whole."""
        text = self.text
        return [piece for piece in pieces_of(self.case) if plain(piece) in text]

    def reached(self) -> bool:
        """Whether the client has every word of the case."""
        return len(self.shown()) == len(pieces_of(self.case))

    def leaked(self, allowed: set[str]) -> set[str]:
        """Fragments of sentences that are not there whole; `allowed` are those of other texts."""
        shown = self.shown()
        held = [piece for piece in pieces_of(self.case) if piece not in shown]
        known = allowed | fragments(*shown, self.case.before, self.asked, *self.beside)
        text = self.text
        return {fragment for fragment in fragments(*held) - known if fragment in text}


def plain(text: str) -> str:
    """As it is read: no tags, no entities, no case, one blank between words."""
    return " ".join(html.unescape(TAG.sub(" ", html.unescape(text))).lower().split())


def fragments(*texts: str) -> set[str]:
    """Every run of so many characters with no blank at its edges; a shorter text is its own."""
    found = set()
    for text in map(plain, texts):
        sizes = [LETTERS, SIGNS] if HAN.search(text) else [LETTERS]
        if len(HAN.findall(text)) > len(text) / 3:
            sizes = [SIGNS]
        for size in sizes:
            found |= {text[at : at + size] for at in range(max(1, len(text) - size + 1))}
    return {fragment for fragment in found if fragment and fragment == fragment.strip()}


def texts_in(body: Any) -> Iterable[str]:
    """All texts of a JSON value: in a frame they may be escaped."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from texts_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from texts_in(value)
