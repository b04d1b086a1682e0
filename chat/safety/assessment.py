"""`assess`: which care card, if any, belongs above the next reply. The rules alone.

The answer is a category and a card, never a score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .cards import Card, card_get, language_of
from .detection import read
from .detection.matching import matches
from .detection.normalising import normalised
from .detection.replies import REPLY_RULES


@dataclass(frozen=True)
class Assessment:
    """What a text calls for. `category` is empty and `card` None where nothing was found."""

    category: str = ""
    card: Card | None = None
    rule: str = ""

    def __bool__(self) -> bool:
        return bool(self.category)


def assess(
    text: str,
    history: Sequence[Mapping[str, str]] = (),
    *,
    role: Literal["user", "assistant"] = "user",
) -> Assessment:
    """Assess one message.

    Args:
        text: the message, as written.
        history: earlier messages, oldest first, each with `role` and `content`.
        role: who wrote `text`. A reply is judged by what it says to the person ("hurt yourself").
    """
    if role == "user":
        found = read(text, history)
        category, key, source = found.category, found.card, found.source
    else:
        rule = next(matches(normalised(text), REPLY_RULES), None)
        category, key, source = (rule.category, rule.card, rule.id) if rule else ("", "", "")
    if not key:
        return Assessment()
    return Assessment(category, card_get(key, language_of(text)), source)
