"""Every word that is shown without a model, in one list, whatever package it comes from.

Another source of such words (notices, consent) is one more function in `SOURCES`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from chat.safety import CARDS
from chat.safety.library.replies import REPLIES


@dataclass(frozen=True)
class Word:
    """One text with its version. `id` is unique within its kind; `where` says when it is shown."""

    kind: str
    id: str
    version: int
    language: str
    text: str
    where: str = ""

    @property
    def digest(self) -> str:
        """Shows that a text was changed although its version was not raised."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


def cards() -> Iterator[Word]:
    for card in CARDS.values():
        text = "\n".join([card.heading, card.text, card.urge, card.danger, *card.foot.values()])
        yield Word("card", f"{card.language}-{card.key}", card.version, card.language, text)


def replies() -> Iterator[Word]:
    for words in REPLIES.values():
        for reply in words:
            about = [reply.level, *reply.categories, reply.turn, reply.moment]
            where = ", ".join(part for part in about if part)
            yield Word(reply.kind, reply.id, reply.version, reply.language, reply.text, where)


SOURCES: tuple[Callable[[], Iterator[Word]], ...] = (cards, replies)


def words() -> list[Word]:
    return [word for source in SOURCES for word in source()]
