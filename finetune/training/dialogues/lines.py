"""The lines of a file of dialogues: where each stands, and what it holds.

Knows nothing of tokens.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from finetune.training.exceptions import BadData, LeftOut

from .folding import Message
from .tools import check_calls, with_tools

ROLES = ("system", "user", "assistant", "tool")


def count_dialogues(path: Path) -> int:
    """Count the dialogues of a JSONL file as the data set doctor does: blank lines are none.

    Raises:
        OSError: the file cannot be read.
    """
    return sum(1 for _ in _written_lines(path))


def _written_lines(path: Path) -> Iterator[tuple[int, int]]:
    """Yield number (from 1) and first byte of every line that is not blank."""
    position = 0
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if line.strip():
                yield number, position
            position += len(line)


class Lines:
    """Number and first byte of every line that holds a dialogue; small enough for millions."""

    def __init__(self, written: Iterator[tuple[int, int]]) -> None:
        self._numbers, self._offsets = array("q"), array("q")
        for number, offset in written:
            self._numbers.append(number)
            self._offsets.append(offset)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> tuple[int, int]:
        return self._numbers[index], self._offsets[index]


def lines_of(path: Path) -> Lines:
    """Return where the dialogues of a file stand. Raises BadData: there are none to read."""
    try:
        lines = Lines(_written_lines(path))
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}") from error
    if not len(lines):
        raise BadData(f"{path} is empty.")
    return lines


def dialogue_at(handle: BinaryIO, offset: int) -> list[Message]:
    """Return the messages of a line; of a pair of replies, with the one that was preferred.

    Raises:
        LeftOut: it holds no dialogue.
    """
    return dialogue_of(record_at(handle, offset))


def dialogue_of(record: dict[str, Any]) -> list[Message]:
    """The messages of a line's record, likewise."""
    chosen = [record["chosen"]] if "chosen" in record else []
    return with_tools([*record["messages"], *chosen], record.get("tools"))


def record_at(handle: BinaryIO, offset: int) -> dict[str, Any]:
    """Return what a line holds. Raises LeftOut: that is no dialogue and no pair of replies."""
    handle.seek(offset)
    try:
        record: dict[str, Any] = json.loads(handle.readline())
        replies = [record[name] for name in ("chosen", "rejected") if name in record]
        for message in [*record["messages"], *replies]:
            if message["role"] not in ROLES:
                raise ValueError(f"the role {message['role']!r:.40}")
            if not isinstance(message["content"], str):
                raise TypeError("content that is not text")
            message["content"].encode()  # half of a character pair cannot be
            check_calls(message)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        why = f"not a dialogue ({error}). Let the data set doctor write the file"
        raise LeftOut("unreadable", why) from error
    return record
