"""Lines of a file with their numbers, and what a reader makes of them: a record or a problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits

CHUNK = 1 << 16


class MemberLine(int):
    """A line's number counted over all files of an archive, that knows its own file and line.

    >>> f"line {MemberLine.of(13, 3, 'b.jsonl')}"
    'line 3 of b.jsonl'
    """

    member: str
    number: int

    @classmethod
    def of(cls, over_all: int, number: int, member: str) -> MemberLine:
        line = cls(over_all)
        line.member, line.number = member, number
        return line

    def __str__(self) -> str:
        return f"{self.number} of {self.member}"

    def __format__(self, _spec: str) -> str:
        return str(self)


def member_of(line: int) -> str:
    """File of an archive and line there, `b.jsonl:3`; empty for the upload itself."""
    return f"{line.member}:{line.number}" if isinstance(line, MemberLine) else ""


@dataclass(slots=True)
class Read:
    """One record. Nobody changes it; a frozen one would take three times as long to make.

    Attributes:
        line: where it starts, from 1; of a table without lines, its row.
        value: the record, or a `RecordProblem` where there is none.
        doubt: why the value is not to be trusted; the record is left out.
        remarks: what is worth a look; the record is kept.
        start: first byte of the record in the file; -1 where that is not known, as in a table, or
            where the file is packed or in another encoding.
        size: its bytes.
        raw: those bytes, of a record that is no value.
        written: of an `own_record`, its line.
        cells: of a broken row of a table, by column, where it is not in doubt which they are; bytes
            that are not UTF-8 as halves of surrogate pairs.
    """

    line: int
    value: Any
    doubt: RecordProblem | None = None
    remarks: tuple[RecordProblem, ...] = ()
    start: int = -1
    size: int = 0
    raw: bytes = b""
    written: str = ""
    cells: Mapping[str, str] | None = None


def too_long(limits: Limits) -> RecordProblem:
    """Describe a line, element or row over the limit."""
    return RecordProblem(
        "line_too_long",
        f"longer than {limits.max_line_bytes:,} bytes",
        "Shorten the dialogue or split it in two.",
    )


def numbered_lines(handle: BinaryIO, limits: Limits) -> Iterator[tuple[int, bytes | None]]:
    """Yield lines by number; None for one over the limit, which is never held in memory."""
    number = 0
    while line := handle.readline(limits.max_line_bytes + 1):
        number += 1
        if len(line) > limits.max_line_bytes and not line.endswith(b"\n"):
            while (rest := handle.readline(CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line
