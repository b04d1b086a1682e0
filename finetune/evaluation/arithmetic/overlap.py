"""Which problems stand in a training file already: word for word, or with other numbers.

Popular training files hold most questions of popular tests (LLM-Adapters' math file those of AddSub
and MultiArith), so nothing is claimed of a test before this was looked at. Knows nothing of models.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .answers import NUMBER
from .problems import Problem

TEXT, NUMBERS = "text", "numbers"
SHOWN = 20


@dataclass(frozen=True)
class Overlap:
    """What was found.

    Attributes:
        texts: how many texts were compared with.
        found: by a problem's line: `text` or `numbers`, and the training file's line.
    """

    texts: int
    found: dict[int, tuple[str, int]]

    def lines(self, kind: str) -> list[int]:
        """Return the problems that were found so."""
        return [line for line, (how, _) in self.found.items() if how == kind]

    def facts(self) -> dict[str, Any]:
        """Return what a file of results says of it."""
        return {
            "texts_compared": self.texts,
            "same_text": len(self.lines(TEXT)),
            "same_but_for_numbers": len(self.lines(NUMBERS)),
            "examples": [
                {"line": line, "kind": kind, "training_line": there}
                for line, (kind, there) in list(self.found.items())[:SHOWN]
            ],
        }


def overlap_of(problems: Sequence[Problem], training: Sequence[tuple[int, str]]) -> Overlap:
    """Look for problems in the texts of a training file.

    Args:
        problems: of the test.
        training: line and text, as `training_texts` gives them.
    """
    whole = {normalised(text): line for line, text in reversed(training)}
    masked = {normalised(text, mask=True): line for line, text in reversed(training)}
    found: dict[int, tuple[str, int]] = {}
    for problem in problems:
        if (there := whole.get(normalised(problem.question))) is not None:
            found[problem.line] = (TEXT, there)
        elif (there := masked.get(normalised(problem.question, mask=True))) is not None:
            found[problem.line] = (NUMBERS, there)
    return Overlap(len(training), found)


def normalised(text: str, *, mask: bool = False) -> str:
    """Return a text without case, punctuation and spacing; with `mask` all numbers are alike.

    >>> normalised("Tom had 5 apples . "), normalised("Tom had 1,200 apples.", mask=True)
    ('tom had 5 apples', 'tom had # apples')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if mask:
        plain = NUMBER.sub(" # ", plain)
    return " ".join(re.findall(r"\w+|#", plain))
