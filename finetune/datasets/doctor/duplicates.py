"""Dialogues that say the same as one before, letter by letter or nearly.

Memory holds two hashes for each dialogue, not its text.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any, NamedTuple


class Prints(NamedTuple):
    """The two hashes of a dialogue."""

    exact: bytes
    near: bytes

    @classmethod
    def of(cls, messages: list[dict[str, Any]]) -> Prints:
        return cls(exact_print(messages), near_print(messages))


class Duplicates:
    """The dialogues so far.

    Attributes:
        near_prints: 16 bytes for each, in order, equal for those with nearly the same words.
    """

    def __init__(self) -> None:
        self.near_prints = bytearray()
        self._exact: dict[bytes, int] = {}  # print -> line of the first dialogue with it
        self._near: dict[bytes, int] = {}

    def exact_line(self, prints: Prints) -> int | None:
        """Line of the first dialogue that is the same, letter by letter."""
        return self._exact.get(prints.exact)

    def near_line(self, prints: Prints) -> int | None:
        """Line of the first dialogue with nearly the same words."""
        return self._near.get(prints.near)

    def add(self, prints: Prints, line: int) -> None:
        self._exact[prints.exact] = line
        self._near.setdefault(prints.near, line)
        self.near_prints += prints.near


def exact_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues from which the same is learned: the same roles
    and texts, letter by letter, and the same replies left out of the loss."""
    parts = [
        [item["role"], item["content"], item["role"] != "assistant" or item.get("weight", 1)]
        for item in messages
    ]
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:16]


def near_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues with nearly the same words.

    Case, white space and the form of composed characters do not count.
    """
    words = [
        [item["role"], " ".join(unicodedata.normalize("NFKC", item["content"]).casefold().split())]
        for item in messages
    ]
    return hashlib.sha256(json.dumps(words).encode()).digest()[:16]
