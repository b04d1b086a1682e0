"""Reads sentences of replies that the gate is measured with, each with what stands around it.

The files are those of `sentences.py`; a line may say what the person had asked:

    == promise: unsafe
    what the person wrote >> the sentence before || the sentence
"""

from dataclasses import dataclass
from pathlib import Path

from chat.safety.fitting.sentences import read_file

ASKED = " >> "


@dataclass(frozen=True)
class Case:
    """One sentence of a reply; `held_as` is its class, "" where it may be shown."""

    language: str
    asked: str
    before: str
    sentence: str
    held_as: str


def cases(folder: Path) -> list[Case]:
    """All cases of a folder; the name of a file is the language of the talk."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        for each in read_file(path):
            text = " || ".join(each.turns)
            asked, _, reply = text.rpartition(ASKED)
            before, _, sentence = reply.rpartition(" || ")
            found.append(Case(path.stem, asked, before, sentence, next(iter(each.classes), "")))
    return found
