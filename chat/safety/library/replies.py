"""Reads the reviewed words: one JSON file a language, one entry a reply.

Whoever writes a reply edits the file and nothing else; whoever changes a word in it raises the
entry's version, so that a reviewer sees that it has to be read again.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("words")
LANGUAGES = ("en", "zh")
KINDS = ("reply", "question", "held", "ai", "quiet")
LEVELS = ("high", "raised", "any")


@dataclass(frozen=True)
class ReviewedReply:
    """One reply as a person reads it, and where it fits.

    Attributes:
        id: begins with the language; what an episode remembers of what was said.
        level: high, raised or any.
        categories: what the talk is about; empty where every category fits.
        kind: reply, question (closes an assistant's reply), held (where drafts were held), ai
            (answers "are you human"), quiet (the line under a card that was shown before).
        turn: first or later; empty where both fit.
        moment: what the person's text does (`moments`); empty where it does nothing special.
        asks: what a yes or a no to its question means: one of `moments.ANSWERS`, or nothing.
    """

    id: str
    language: str
    text: str
    version: int
    kind: str
    level: str = "any"
    categories: tuple[str, ...] = ()
    turn: str = ""
    moment: str = ""
    asks: str = ""

    @property
    def category(self) -> str:
        """The first category, for lists."""
        return self.categories[0] if self.categories else ""


def read(language: str) -> tuple[ReviewedReply, ...]:
    table = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return tuple(reply_of(entry, language) for entry in table)


def reply_of(entry: dict[str, Any], language: str) -> ReviewedReply:
    return ReviewedReply(**entry | {"language": language, "categories": tuple(entry["categories"])})


REPLIES: dict[str, tuple[ReviewedReply, ...]] = {language: read(language) for language in LANGUAGES}


def replies_in(language: str) -> tuple[ReviewedReply, ...]:
    """All words of this language; English where the language has none of its own."""
    return REPLIES["zh" if language.lower().startswith("zh") else "en"]
