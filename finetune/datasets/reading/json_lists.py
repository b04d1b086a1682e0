"""The elements of a JSON list, or JSON values one after the other, with bounded memory.

An element that is no JSON, too long or too deep is a problem in its place: reading goes on behind
it, which no parser of a whole list does (why not a kept one: docs/dependencies.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import CHUNK, Read, too_long

DEEPER = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
# Whole strings and what stands between them, up to a mark; a quotation mark where a string goes on
# behind the chunk.
_OUTSIDE = re.compile(rb'((?:[^"{}\[\],]++|"(?:[^"\\]++|\\.)*+")*+)(["{}\[\],]?)', re.DOTALL)
_INSIDE = re.compile(rb'((?:[^"\\]++|\\.)*+)("?)', re.DOTALL)


def elements(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    """Yield the elements of a list, or the values of a file that is none."""
    element = _Element(limits, handle.tell())
    in_list = opened = False
    for text, mark in _pieces(handle):
        element.add(text)
        if mark == b"[" and not opened and element.is_blank:
            in_list = opened = True
            element.pass_over(mark)
        elif in_list and element.ends_before(mark):
            in_list = mark == b","
            if not element.is_blank:
                yield element.taken()
            element.pass_over(mark)
        else:
            is_closed = element.add_mark(mark)
            opened |= element.depth > 0
            if is_closed and not in_list:
                yield element.taken()
    if not element.is_blank:
        yield element.taken()


def _pieces(handle: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield text, in strings or not, and the bracket or comma behind it.

    The mark is a quotation mark at both ends of a string that lies in several chunks, and empty at
    the end of a chunk.
    """
    in_string, backslash = False, b""
    while chunk := handle.read(CHUNK):
        chunk = backslash + chunk
        position = 0
        while position < len(chunk):
            match = (_INSIDE if in_string else _OUTSIDE).match(chunk, position)
            assert match is not None  # both patterns match nothing, too
            if match.end() == position:
                break
            text, mark = match.groups()
            yield text, mark
            in_string ^= mark == b'"'
            position = match.end()
        backslash = chunk[position:]  # and its letter is in the next chunk
    if backslash:
        yield backslash, b""


class _Element:
    """One element as its bytes come in; none are held beyond the limit.

    Attributes:
        depth: brackets that are open in it.
    """

    def __init__(self, limits: Limits, at: int) -> None:
        self._limits = limits
        self._at = at  # where the next byte stands in the file
        self._first = at
        self._bytes = bytearray()
        self._over = False
        self._in_string = False
        self._line = 1  # of the next byte
        self._start = 1
        self._taken = 0  # the line that the element before was given
        self.depth = 0

    @property
    def is_blank(self) -> bool:
        return not self._bytes and not self._over

    def add(self, piece: bytes) -> None:
        """Take the next bytes; blanks before an element are none of it."""
        if self.is_blank:
            blanks = len(piece) - len(piece.lstrip())
            self._line += piece.count(b"\n", 0, blanks)
            self._start = self._line
            self._at += blanks
            self._first = self._at
            piece = piece[blanks:]
        self._at += len(piece)
        self._line += piece.count(b"\n")
        if len(self._bytes) + len(piece) > self._limits.max_line_bytes:
            self._over = True
            self._bytes.clear()
        elif not self._over:
            self._bytes += piece

    def pass_over(self, mark: bytes) -> None:
        """Count a mark that is part of no element."""
        self._at += len(mark)

    def ends_before(self, mark: bytes) -> bool:
        """Whether this mark stands behind a whole element of a list."""
        return self.depth == 0 and mark in (b",", b"]")

    def add_mark(self, mark: bytes) -> bool:
        """Take a mark of the element itself; tell whether it closes the last open bracket."""
        self.add(mark)
        self._in_string ^= mark == b'"'
        deeper = DEEPER.get(mark, 0)
        self.depth = max(0, self.depth + deeper)
        return deeper < 0 and self.depth == 0

    def taken(self) -> Read:
        """Hand it over, parsed, and begin the next one."""
        if self._over:
            value: Any = too_long(self._limits)
        elif self.depth or self._in_string:
            reason = "the JSON ends in the middle"
            value = RecordProblem("invalid_json", reason, "Upload the complete file.")
        else:
            value = parse(bytes(self._bytes).rstrip(), self._limits)
        raw = bytes(self._bytes) if isinstance(value, RecordProblem) else b""
        self._bytes.clear()
        self._over = False
        size = self._at - self._first
        # Elements that share a line are counted on from it: each has a line of its own.
        self._taken = max(self._start, self._taken + 1)
        return Read(self._taken, value, start=self._first, size=size, raw=raw)
