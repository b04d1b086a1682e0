"""A JSON object whose one list holds the records: where that list stands, and what is beside it.

Such a file is read once to find the list and once more to read it; memory is bounded in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.json_lists import elements, pieces
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.texts.telegram import is_telegram

LISTS = (
    *("data", "rows", "train", "examples", "conversations", "dialogues", "dialogs", "dialogue"),
    *("items", "records", "instances", "samples", "questions", "messages", "training_data"),
)
# An element with one of these is a turn: the object is one dialogue.
TURN_KEYS = frozenset({"role", "from", "speaker", "author", "sender", "parts", "content", "value"})
TELEGRAM = frozenset({"about", "personal_information", "contacts", "sessions"})
MOST_KEYS = 100
LOOKED_AT = 10  # elements, until one is an object
KEY_BYTES = 4096
_KEY = re.compile(rb'[\s,]*("(?:[^"\\]|\\.)*+")\s*:')


@dataclass(frozen=True)
class Beside:
    """Keys of the object that holds the list, which no record is read from."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """One key of an object, and where its value stands where that is a list."""

    key: str
    start: int = -1
    end: int = -1  # behind the bracket that closes it; -1 where that was not reached


class _Part:
    """A file up to a certain byte, for whoever reads on until there is no more."""

    def __init__(self, handle: BinaryIO, end: int) -> None:
        self._handle = handle
        self._end = end

    def read(self, size: int) -> bytes:
        left = size if self._end < 0 else min(size, self._end - self._handle.tell())
        return self._handle.read(max(0, left))

    def tell(self) -> int:
        return self._handle.tell()


def members(handle: Any) -> tuple[list[Member], bool]:
    """The keys of an object from its first byte on, and whether it is all that there is."""
    found: list[Member] = []
    depth, at, text, start = 0, 0, b"", -1
    for piece, mark in pieces(handle):
        if depth == 1:
            text = (text + piece + (mark if mark == b'"' else b""))[:KEY_BYTES]
        elif depth == 0 and found and piece.strip():
            return found, False
        at += len(piece) + len(mark)
        if mark in (b"[", b"{"):
            if depth == 0 and found:
                return found, False
            if depth == 1:
                start = at - 1 if mark == b"[" else -1
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
            if depth == 1:
                _note(found, text, start, at)
                text, start = b"", -1
            elif depth == 0:
                _note(found, text, -1, -1)
        elif mark == b"," and depth == 1:
            _note(found, text, -1, -1)
            text = b""
    if depth > 1:
        _note(found, text, start, -1)
    return found, True


def _note(found: list[Member], text: bytes, start: int, end: int) -> None:
    match = _KEY.match(text)
    if match is None or len(found) >= MOST_KEYS:
        return
    try:
        found.append(Member(str(json.loads(match[1])), start, end))
    except ValueError:  # half a character pair, say: reading will say so
        return


def list_of(handle: BinaryIO, head: int, limits: Limits) -> tuple[str, bool] | None:
    """The key whose list holds a file's records, and whether they are a messenger's messages.

    Args:
        handle: at the object's first byte.
        head: how many bytes are looked through for the key.
        limits: how long an element may be.

    Raises:
        DatasetRefused: `unknown_format` for several chats in one file.
    """
    origin = handle.tell()
    try:
        found = members(_Part(handle, origin + head))[0]
        if TELEGRAM & {member.key for member in found} and any(one.key == "chats" for one in found):
            raise DatasetRefused(
                "unknown_format",
                "This is Telegram's export of everything, with all chats.",
                "Export one chat: open it, choose “Export chat history” and the format JSON.",
            )
        for member in found:
            if member.key not in LISTS or member.start < 0:
                continue
            handle.seek(origin + member.start)
            firsts = (read.value for read in islice(elements(handle, limits), LOOKED_AT))
            element = next((one for one in firsts if isinstance(one, dict)), None)
            if member.key == "messages":
                if is_telegram(element):
                    return member.key, True
            elif element is not None and not TURN_KEYS & set(element):
                return member.key, False
        return None
    finally:
        handle.seek(origin)


def wrapped(handle: BinaryIO, key: str, limits: Limits, head: int = 0) -> Iterator[Read]:
    """Yield what stands beside the list, then the elements of the list.

    Args:
        handle: at the object's first byte.
        key: under which the list stands.
        limits: how long an element may be.
        head: of whoever reads no further than this: bytes that are looked through; 0: all.
    """
    origin = handle.tell()
    keys, is_whole = members(_Part(handle, origin + head) if head else handle)
    handle.seek(origin)
    member = next((one for one in keys if one.key == key and one.start >= 0), None)
    if member is None or not is_whole:
        yield from elements(handle, limits)
        return
    yield Read(1, Beside(tuple(one.key for one in keys if one is not member)))
    lines = _lines_before(handle, origin + member.start)
    end = origin + member.end if member.end >= 0 else -1
    for read in elements(_Part(handle, end), limits):  # type: ignore[arg-type]
        yield Read(read.line + lines, _row(read.value))


def _lines_before(handle: BinaryIO, end: int) -> int:
    lines = 0
    while chunk := handle.read(min(1 << 16, end - handle.tell())):
        lines += chunk.count(b"\n")
    return lines


def _row(value: Any) -> Any:
    """A record; that of the hub's row service stands under `row`."""
    if isinstance(value, dict) and "row_idx" in value and isinstance(value.get("row"), dict):
        return value["row"]
    return value
