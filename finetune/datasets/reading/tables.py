"""Rows of a CSV table, whatever its quotation marks do.

A cell in quotation marks may hold line breaks, so a mark that is never closed, or closed by another
stray one far below, takes every row between into one cell. Such a mark is reported where it opens,
and reading goes on with the next line. What a proper writer has written is read as the csv module
reads it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from finetune.datasets.reading.columns import ONE_COLUMN, with_lists
from finetune.datasets.reading.encodings import not_utf8
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, numbered_lines, too_long

QUOTE = '"'
LINES_LIKE_ROWS = 4  # a cell of so many lines that are rows by themselves is worth a look
TWICE = 'Write a quotation mark in a cell twice: "He said ""yes""".'

_NOT_UTF8 = re.compile("[\\udc80-\\udcff]")  # bytes that could not be decoded

Line = tuple[int, str | None]  # number and text; None for one over the limit


@dataclass
class _Row:
    """One row as it is taken apart.

    Attributes:
        line: where it starts.
        texts: the lines that belong to it.
        cells: what it holds.
        spans: for each cell of several lines, where it opens and closes, as places in `texts`.
        broken: why a quotation mark cannot be meant as it stands.
        doubted: the cell of several lines that is in doubt, a place in `texts`.
        letters: how many there are behind the first line.
        stray: whether words stand behind a closing quotation mark; the cell's marks are text.
        returns: whether a carriage return stands in a cell without quotation marks.
        alone: whether a broken one is a whole row without the mark, as are the lines behind it.
    """

    line: int
    texts: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    broken: str = ""
    doubted: tuple[int, int] | None = None
    letters: int = 0
    stray: bool = False
    returns: bool = False
    alone: bool = False

    @property
    def last_line(self) -> int:
        return self.line + len(self.texts) - 1

    def line_of(self, place: int) -> int:
        return self.line + place


class Table:
    """One reading of one table."""

    def __init__(self, handle: BinaryIO, delimiter: str, limits: Limits) -> None:
        self._source = numbered_lines(handle, limits)
        self._delimiter = delimiter
        self._limits = limits
        self._again: deque[Line] = deque()  # lines to be read once more

    def records(self) -> Iterator[Read]:
        """Yield the rows behind the header.

        Raises:
            DatasetRefused: `missing_columns` where the first line is no usable header.
        """
        header: list[str] | None = None
        while (line := self._next()) is not None:
            number, text = line
            if text is None:
                yield Read(number, too_long(self._limits))
                continue
            row = self._taken(number, text)
            if row.spans:
                self._judge(row, len(header or row.texts[0].split(self._delimiter)))
            if header is None:
                header = _header(row)
            elif any(cell.strip() for cell in row.cells):
                yield _record(header, row, self._limits)

    def _next(self) -> Line | None:
        if self._again:
            return self._again.popleft()
        number, raw = next(self._source, (0, None))
        if not number:
            return None
        return number, None if raw is None else raw.decode("utf-8", errors="surrogateescape")

    # Taking apart

    def _taken(self, number: int, text: str) -> _Row:
        """Take a row apart, over as many lines as its quotation marks say."""
        row = _Row(number, [text])
        position: int | None = 0
        while position is not None:
            if not text.startswith(QUOTE, position):
                position = self._plain(row, text, position)
                continue
            pieces: list[str] = []
            opened, start = len(row.texts) - 1, position + 1
            while (end := _closing(text, start)) < 0 and not row.broken:
                pieces.append(text[start:])
                row.broken = self._extended(row)
                text, start = row.texts[-1], 0
            behind = _body(text)[end + 1 :]
            if pieces:
                row.spans.append((opened, len(row.texts) - 1))
                if not row.broken and behind and not behind.startswith(self._delimiter):
                    row.broken = (
                        f"is closed by one in line {row.last_line}, in the middle of a cell"
                    )
                if row.broken:
                    return row
            if not behind or behind.startswith(self._delimiter):
                pieces.append(text[start:end])
                row.cells.append("".join(pieces).replace(QUOTE * 2, QUOTE))
                position = end + 2 if behind else None
            else:
                row.stray = True
                position = self._plain(row, text, position)
        return row

    def _plain(self, row: _Row, text: str, position: int) -> int | None:
        """Take a cell without quotation marks; return where the next begins, if there is one."""
        end = text.find(self._delimiter, position)
        cell = _body(text)[position:] if end < 0 else text[position:end]
        row.cells.append(cell)
        row.returns |= "\r" in cell
        return None if end < 0 else end + 1

    def _extended(self, row: _Row) -> str:
        """Take the next line into the row; return why there is none, empty where there is."""
        line = self._next()
        if line is None:
            return "is never closed"
        _, text = line
        row.letters += len(text or "")
        if text is None or row.letters > self._limits.max_line_bytes:
            self._again.appendleft(line)
            return f"is not closed within {self._limits.max_line_bytes:,} bytes"
        row.texts.append(text)
        return ""

    # Judging

    def _judge(self, row: _Row, columns: int) -> None:
        """Decide whether a row of several lines is one; where it is not, keep its lines for later.

        Where a mark is stray, the lines behind it are whole rows by themselves. The one with the
        mark that seems to close the cell need not be.
        """
        whole = [
            (opened, closed)
            for opened, closed in row.spans
            if closed - opened + 1 >= LINES_LIKE_ROWS
            and self._like_rows(row, opened, closed + 1, columns)
        ]
        alike = [span for span in row.spans if self._like_rows(row, *span, columns)]
        if not row.broken and (
            (whole and len(row.cells) < columns) or (alike and len(row.cells) > columns)
        ):
            end = row.line_of((*whole, *alike)[0][1])
            row.broken = f"is closed by one in line {end}, in the middle of another row"
        if row.broken:
            opened, closed = (*alike, row.spans[-1])[0]
            row.alone = bool(alike) and not opened
            if opened:  # lines before it belong to a cell of the same row: none may be lost
                broken = f"is closed in line {row.line_of(opened)}, where another one {row.broken}"
                row.broken, opened, closed = broken, 0, opened
            row.doubted = opened, closed
            later = enumerate(row.texts[opened + 1 :], row.line_of(opened + 1))
            self._again.extendleft(reversed(list(later)))
            row.cells = _body(row.texts[opened]).split(self._delimiter)
        elif whole:
            row.doubted = whole[0]

    def _like_rows(self, row: _Row, start: int, end: int, columns: int) -> bool:
        """Whether each of some lines is a whole row by itself; in prose a blank follows a comma."""
        return all(
            len(cells) == columns
            and all(cell.strip() for cell in cells)
            and not any(cell[0].isspace() for cell in cells[1:])
            for cells in (_body(text).split(self._delimiter) for text in row.texts[start:end])
        )


def _closing(text: str, start: int) -> int:
    """Where the quotation mark stands that ends a cell; two of them are one of its letters."""
    while (at := text.find(QUOTE, start)) >= 0 and text.startswith(QUOTE, at + 1):
        start = at + 2
    return at


def _body(text: str) -> str:
    """A line without its end."""
    return text.removesuffix("\n").removesuffix("\r")


# What is told of a row


def _record(header: list[str], row: _Row, limits: Limits) -> Read:
    value = _value(header, row)
    if isinstance(value, dict):
        value = with_lists(value, limits)
    remarks = []
    if row.stray:
        reason = "words stand behind a cell's closing quotation mark; its marks are kept as text"
        remarks.append(RecordProblem("stray_quote", reason, TWICE))
    cells = dict(zip(header, row.cells, strict=False)) if len(row.cells) == len(header) else None
    if row.doubted is None:
        broken = cells if isinstance(value, RecordProblem) else None
        return Read(row.line, value, remarks=tuple(remarks), cells=broken)
    opened, closed = map(row.line_of, row.doubted)
    if row.broken:
        reason = (
            f"the quotation mark that opens a cell here {row.broken}; this line is left out, the "
            "lines behind it were read again"
        )
        doubt = RecordProblem("open_quote", reason, f"Close it. {TWICE}")
        cells = cells if row.alone else None
        if isinstance(value, dict):
            return Read(opened, value, doubt, cells=cells)
        return Read(opened, doubt, cells=cells)
    reason = (
        f"one cell goes from line {opened} to line {closed}, and each of these lines looks like a "
        "row of the table; they are kept as its text"
    )
    fix = f"If they are rows, take out the quotation marks in lines {opened} and {closed}."
    remarks.append(RecordProblem("rows_in_a_cell", reason, fix))
    return Read(row.line, value, remarks=tuple(remarks))


def _header(row: _Row) -> list[str]:
    if row.broken:
        raise DatasetRefused(
            "missing_columns",
            f"A quotation mark in the first line, which holds the column names, {row.broken}.",
            "Close it, or take it out.",
        )
    if row.returns:
        raise DatasetRefused(
            "missing_columns",
            "A carriage return stands in the first line, which holds the column names.",
            "Save it with the line ends of Windows or Unix (in Excel: 'CSV UTF-8').",
        )
    names = [name.strip() for name in row.cells]
    named = [name for name in names if name]
    is_text = [name.lower() for name in names] in [[name] for name in ONE_COLUMN]
    if (len(named) < 2 and not is_text) or len(set(named)) != len(named):
        raise DatasetRefused(
            "missing_columns",
            "The first line of the table has no usable column names: "
            + (", ".join(names)[:200] or "(blank)")
            + ".",
            "Give every column a name of its own in the first line.",
        )
    return [name or f"(column {place})" for place, name in enumerate(names, 1)]


def _value(header: list[str], row: _Row) -> Any:
    cells = row.cells
    if len(cells) > len(header):
        return RecordProblem(
            "invalid_csv",
            f"{len(cells)} cells in a table of {len(header)} columns",
            "Put cells that contain the delimiter in quotation marks.",
        )
    if row.returns:
        return RecordProblem(
            "invalid_csv",
            "a carriage return in a cell without quotation marks",
            "Put cells with line breaks in quotation marks, or save with Unix line ends.",
        )
    for place, cell in enumerate(cells):
        if bad := _NOT_UTF8.search(cell):
            return not_utf8(f"in {header[place][:40]!r} at character {bad.start() + 1}")
        if "\0" in cell:
            return RecordProblem("null_bytes", "null byte in a cell", "Remove the null bytes.")
    return dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))
