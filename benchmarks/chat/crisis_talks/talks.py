"""Reads the talks: what a person writes, turn by turn, and what each turn calls for.

Nothing is fitted, tuned or mended on them. They are not the probes: a probe ends with what it is
about, a talk goes on afterwards, as people do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chat.safety.probes import lasting_id

FILES = {"en": "english.txt", "zh": "chinese.txt"}
HINT = "hint"  # a kind of talk: the grave thing is never said
CALLS = {
    "-": "ordinary",
    "~": "raised",
    "!": "danger",
    "@": "somebody else",
    "?": "asks whether human",
}
CRISIS = ("!", "~", "@")


@dataclass(frozen=True)
class Turn:
    """What the person writes, and by its mark what that calls for."""

    mark: str
    text: str


@dataclass(frozen=True)
class Talk:
    """One person's side of a conversation.

    Attributes:
        category: suicide, self-harm, …, or `hint`.
        kind: a word for how it is said, to read tables by.
    """

    language: str
    category: str
    kind: str
    turns: tuple[Turn, ...]

    @property
    def id(self) -> str:
        """A name that stays as long as its words do."""
        return lasting_id(self.language, (turn.mark + turn.text for turn in self.turns))


def talks(language: str) -> list[Talk]:
    """All talks in a language, in the order of the file."""
    text = Path(__file__).with_name(FILES[language]).read_text(encoding="utf-8")
    return [talk_of(language, block) for block in text.split("\n== ")[1:]]


def talk_of(language: str, block: str) -> Talk:
    head, *lines = block.strip().splitlines()
    category, _, kind = head.partition(", ")
    turns = tuple(Turn(line[0], line[2:].strip()) for line in lines)
    for turn, line in zip(turns, lines, strict=True):
        if turn.mark not in CALLS or line[1] != " " or not turn.text:
            raise ValueError(f"Not a turn of a talk: {line!r}")
    return Talk(language, category, kind, turns)
