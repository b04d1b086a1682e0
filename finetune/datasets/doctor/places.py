"""Where each dialogue of a checked file stands: 16 bytes for each, in the order of its lines.

So one dialogue of a million, or a page of them, is found by a seek. A record holds the line of the
upload, then twice the first byte in `train.jsonl`, or in `validation.jsonl` plus one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_RECORD = struct.Struct("<QQ")


@dataclass(frozen=True)
class DialoguePlace:
    """One dialogue's place.

    Attributes:
        line: where it starts in the upload.
        start: its first byte in the file of its part.
        held_out: whether that is `validation.jsonl`.
    """

    line: int
    start: int
    held_out: bool


def place_packed(line: int, start: int, held_out: bool) -> bytes:
    return _RECORD.pack(line, 2 * start + held_out)


class Places:
    """The places of one data set, read where they are needed."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError: the set was checked before there were places."""
        self._path = path
        self.count = path.stat().st_size // _RECORD.size

    def at(self, first: int, most: int) -> list[DialoguePlace]:
        """Places of up to `most` dialogues from the number `first` on, from 0."""
        with self._path.open("rb") as handle:
            handle.seek(first * _RECORD.size)
            packed = handle.read(most * _RECORD.size)
        whole = len(packed) - len(packed) % _RECORD.size
        return [
            DialoguePlace(line, twice >> 1, bool(twice & 1))
            for line, twice in _RECORD.iter_unpack(packed[:whole])
        ]

    def every(self, first: int = 0, block: int = 4096) -> Iterator[DialoguePlace]:
        """Each place from a number on."""
        while places := self.at(first, block):
            yield from places
            first += len(places)

    def of_line(self, line: int) -> DialoguePlace | None:
        """The place of the dialogue of a line; None where it has none."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            place = self.at(middle, 1)[0]
            if place.line == line:
                return place
            if place.line < line:
                low = middle + 1
            else:
                high = middle
        return None
