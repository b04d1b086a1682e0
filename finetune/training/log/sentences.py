"""Sentences with numbers in them, which pages can say in another language.

A sentence is its English text; its parts, a text with gaps and what fills them, go into the log
beside it. Knows nothing of languages: pages look each text up (`wukongsite/trainer_words.py`).
"""

from __future__ import annotations

from typing import Any, Self


class Sentence(str):
    """English words that know what they were made of.

    Attributes:
        parts: each a `text` with `%(name)s` gaps, and its `values`.
    """

    parts: list[dict[str, Any]]

    @classmethod
    def of(cls, words: str, parts: list[dict[str, Any]]) -> Self:
        made = cls(words)
        made.parts = parts
        return made


def sentence(text: str, **values: str | int) -> Sentence:
    """Fill the gaps of a text; numbers come as they are to be read.

    >>> sentence("Step %(step)s of %(steps)s.", step=3, steps="1,000")
    'Step 3 of 1,000.'
    """
    filled = {name: str(value) for name, value in values.items()}
    return Sentence.of(text % filled, [{"text": text, "values": filled}])


def joined(*sentences: str) -> Sentence:
    """Several after one another; empty ones are left out."""
    said = [one for one in sentences if one]
    return Sentence.of(" ".join(said), [part for one in said for part in parts_of(one)])


def parts_of(words: str) -> list[dict[str, Any]]:
    """What the log keeps of them; words of another origin are one part without gaps."""
    if isinstance(words, Sentence):
        return words.parts
    return [{"text": words.replace("%", "%%"), "values": {}}] if words else []
