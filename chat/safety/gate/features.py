"""What the gate's head looks at besides an encoder: words in a row and ways of speaking.

Not what the rules find: they were written with the sentences at hand that the head is fitted on,
and it would trust them too much.

Numbers made of the text alone, with numpy. The engine makes them where it judges, the fitting
where it fits; a head names them, so changing what is made here asks for new heads.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import combinations
from types import ModuleType

import numpy as np

from .chinese import register as chinese_register
from .english import register as english_register
from .judging import plain, readings

SLOTS = 4096  # of the hashed words in a row
TOKEN = re.compile(r"[a-z']+|[\u3400-\u9fff]|\d+|[?!.,，。！？]")
LONGEST_ROW = {"en": 3, "zh": 4}
MANNER_SCALE = 0.16  # so that a few hundred bits weigh about as much as the words


class ReplyFeatures:
    """Of sentences of replies in one language; `before\\nsentence` where one leans on another."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.register: ModuleType = english_register if language == "en" else chinese_register

    def vectors(self, texts: list[str]) -> np.ndarray:
        """Float32, shape (texts, features)."""
        return np.stack([np.concatenate([self.rows(text), self.said(text)]) for text in texts])

    def rows(self, text: str) -> np.ndarray:
        """Words or signs in a row, hashed, of length one."""
        counted = np.zeros(SLOTS, np.float32)
        for row in in_a_row(plain(text), LONGEST_ROW[self.language]):
            counted[
                int.from_bytes(hashlib.md5(row, usedforsecurity=False).digest()[:4]) % SLOTS
            ] = 1
        return np.asarray(counted / max(float(np.linalg.norm(counted)), 1.0), np.float32)

    def said(self, text: str) -> np.ndarray:
        """How it is said, with which words, and which of them together."""
        before, _, sentence = text.rpartition("\n")
        clear = readings(sentence)[-1]
        ways = [*self.register.manner(clear), bool(before)]
        words = [bool(each.search(clear)) for each in self.register.WORDS]
        earlier = [
            bool(before) and bool(each.search(plain(before))) for each in self.register.WORDS
        ]
        pairs = [way and word for way in ways for word in words]
        pairs += [one and other for one, other in combinations(ways, 2)]
        return np.array([*ways, *words, *earlier, *pairs], np.float32) * MANNER_SCALE


def in_a_row(text: str, longest: int) -> Iterator[bytes]:
    tokens = ["<", *TOKEN.findall(text), ">"]
    for length in range(1, longest + 1):
        for start in range(len(tokens) - length + 1):
            yield " ".join(tokens[start : start + length]).encode()
