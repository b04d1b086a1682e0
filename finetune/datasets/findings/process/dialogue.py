"""A dialogue as the checks read it, and the two files read as one stream."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from finetune.datasets.findings.personal.masking import masked
from finetune.datasets.formats.calls import as_said

Part = Literal["validation", "train"]
PARTS: tuple[Part, ...] = ("validation", "train")  # the smaller one first: others look back at it
# A word, or one sign of a script that is written without blanks.
WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+"
)
EXCERPT = 160
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: odd, its bits well mixed
SHIFT = np.uint64(29)


class Dialogue:
    """One dialogue of a split.

    Attributes:
        part: the file in which it stands.
        line: where it starts in the upload.
        offset: where it begins in the file of its part, in bytes.
        messages: `role` and `content` of each, calls of tools as text.
        record: as the first check wrote it.
    """

    def __init__(self, part: Part, line: int, offset: int, record: dict[str, Any]) -> None:
        self.part = part
        self.line = line
        self.offset = offset
        self.record = record
        self.messages = messages_of(record)

    def texts(self, role: str) -> list[str]:
        """What one side says."""
        return [message["content"] for message in self.messages if message["role"] == role]

    @cached_property
    def spoken(self) -> str:
        """What both sides say; instructions are often the same in a whole file."""
        return "\n".join(one["content"] for one in self.messages if one["role"] != "system")

    @cached_property
    def words(self) -> np.ndarray:
        """A number for each word, uint64, shape (words,); of Chinese for each sign."""
        return word_numbers(self.spoken)


def messages_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """What is learned to be said: of a pair of replies the one that was preferred."""
    messages: list[dict[str, Any]] = record["messages"]
    return as_said([*messages, record["chosen"]] if "chosen" in record else messages)


def plain(text: str) -> str:
    """One form of each sign, small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def word_numbers(text: str) -> np.ndarray:
    """A number for each word of a text, the same in every process; uint64, shape (words,)."""
    numbers = [
        zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in WORD.findall(plain(text))
    ]
    return np.array(numbers, dtype=np.uint64)


def grams(words: np.ndarray, size: int) -> np.ndarray:
    """Different numbers for the runs of `size` words, sorted; uint64.

    A text that is shorter is one run.
    """
    if not len(words):
        return np.empty(0, dtype=np.uint64)
    size = min(size, len(words))
    count = len(words) - size + 1
    mixed = np.zeros(count, dtype=np.uint64)
    for place in range(size):  # wraps around at 2**64, as a hash may
        mixed = mixed * FACTOR + words[place : place + count]
    mixed ^= mixed >> SHIFT
    mixed *= FACTOR
    mixed ^= mixed >> SHIFT
    return np.unique(mixed)


def dialogues(folder: Path) -> Iterator[Dialogue]:
    """Read both files of a split, one dialogue at a time.

    Raises:
        FileNotFoundError: the first check has not left `places`, which say where each stood.
    """
    places = np.fromfile(folder / "places", dtype="<u8").reshape(
        -1, 2
    )  # (dialogues, line and start)
    for part in PARTS:
        held_out = part == "validation"
        numbers = places[places[:, 1] % 2 == held_out, 0].tolist()
        offset = 0
        with (folder / f"{part}.jsonl").open("rb") as lines:
            for number, line in zip(numbers, lines, strict=True):
                yield Dialogue(part, number, offset, json.loads(line))
                offset += len(line)


def excerpt(text: str, start: int = 0, end: int | None = None) -> str:
    """A few words around a place, on one line: personal data masked, invisible signs by number."""
    end = start if end is None else end
    before = max(0, start - (EXCERPT - (end - start)) // 2)
    after = min(len(text), before + EXCERPT)
    shown = masked(" ".join(visible(text[before:after]).split()))
    return f"{'…' if before else ''}{shown}{'…' if after < len(text) else ''}"


def visible(text: str) -> str:
    """A text in which format and control characters are written by their numbers."""
    return "".join(
        f"[U+{ord(sign):04X}]"
        if unicodedata.category(sign) in {"Cf", "Cc", "Cs"} and sign not in "\n\t\r"
        else sign
        for sign in text
    )
