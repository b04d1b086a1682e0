"""Signs that nobody sees: zero-width ones inside words, and those that turn letters around."""

from __future__ import annotations

import re
import unicodedata

from finetune.datasets.findings.process.dialogue import Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check

TURNING = "\u202a-\u202e\u2066-\u2069"
HIDDEN = re.compile(f"[\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff{TURNING}\U000e0000-\U000e007f]")
BIDI = re.compile(f"[{TURNING}]")
JOINERS = "\u200c\u200d"


def hidden_in(text: str) -> tuple[int, str] | None:
    """Where the first sign stands that should not be there, and whether it `turns` or `hides`.

    Joiners are left where they do their work: in emojis, and in scripts whose letters they join.
    """
    first: tuple[int, str] | None = None
    for found in HIDDEN.finditer(text):
        if found.group() in JOINERS and joins(text, found.start()):
            continue
        if BIDI.match(found.group()):
            return found.start(), "turns"
        first = first or (found.start(), "hides")
    return first


def joins(text: str, place: int) -> bool:
    """Whether a joiner stands between signs that are joined: neither of them Latin or Chinese."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return bool(before) and not any(_plain_letter(sign) for sign in (before, after) if sign)


def _plain_letter(sign: str) -> bool:
    return sign.isascii() or unicodedata.name(sign, "").startswith(("LATIN", "CJK", "CYRILLIC"))


class Invisible(Check):
    """Dialogues with such signs."""

    name = "invisible"

    def feed(self, dialogue: Dialogue) -> None:
        for message in dialogue.messages:
            text = message["content"]
            if not text.isascii() and (found := hidden_in(text)):
                self.point(dialogue, excerpt(text, found[0]), found[1])
                return
