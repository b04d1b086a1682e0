"""Rows of an Excel workbook (xlsx), as text: the first sheet that holds something.

Cells are what the sheet shows after its last computation; one whose formula was never computed, or
that shows an error, is a problem of its row.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from itertools import starmap, zip_longest
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from finetune.datasets.reading.columns import ONE_COLUMN, with_lists
from finetune.datasets.reading.containers.directory import broken
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, too_long
from finetune.datasets.reading.watching import Watch

STRINGS = "xl/sharedStrings.xml"
STRINGS_BYTES = 256 * 2**20  # all texts of a workbook are in memory while it is read
COLUMNS = 500
CHUNK = 1 << 16
LOOK_ROWS = 64  # between two looks of whoever watches
FAILURES = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
)


class Workbook:
    """A workbook's sheet with data, and the names of the others.

    Attributes:
        sheet: its name.
        left: those of the sheets that are not read.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        with zipfile.ZipFile(path) as archive:
            large = any(
                entry.filename == STRINGS and entry.file_size > STRINGS_BYTES
                for entry in archive.infolist()
            )
        if large:
            raise DatasetRefused(
                "archive_too_large",
                "The workbook's texts are too large to be read from xlsx.",
                "Save the sheet as CSV (UTF-8) and upload that.",
            )
        with self._opened(computed=True) as book:
            sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
            first = next((sheet for sheet in sheets if _holds_something(sheet)), None)
            if first is None:
                raise DatasetRefused(
                    "empty", "No sheet of the workbook holds anything.", "Fill one in."
                )
            self.sheet = str(first.title)
            self.left = [sheet.title for sheet in book.worksheets if sheet.title != self.sheet]

    def records(self, watch: Watch | None = None) -> Iterator[Read]:
        """Yield the rows behind the header, with the numbers that the sheet shows; `watch` hears
        from time to time that they come.

        Raises:
            DatasetRefused: `missing_columns`, `archive_broken`.
        """
        header: list[str] = []
        for number, cells in self._rows():
            if watch is not None and not number % LOOK_ROWS:
                watch(0)
            if len(cells) > COLUMNS:
                raise DatasetRefused(
                    "missing_columns",
                    f"The sheet has more than {COLUMNS} columns.",
                    "Keep those with the dialogues.",
                )
            texts = [_text(cell) for cell in cells]
            if not any(isinstance(text, RecordProblem) or text.strip() for text in texts):
                continue
            if not header:
                header = _header(texts)
                continue
            yield Read(number, self._record(header, texts))

    def _record(self, header: list[str], texts: list[Any]) -> Any:
        problem = next((text for text in texts if isinstance(text, RecordProblem)), None)
        if problem is not None:
            return problem
        if sum(map(len, texts)) > self._limits.max_line_bytes:
            return too_long(self._limits)
        behind = [text for text in texts[len(header) :] if text.strip()]
        if behind:
            return RecordProblem(
                "invalid_csv",
                f"a cell behind the last column: {behind[0]!r:.60}",
                "Give every column a name in the first row.",
            )
        texts += [""] * (len(header) - len(texts))
        return with_lists(dict(zip(header, texts, strict=False)), self._limits)

    def _rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield each row's number and cells: values, and `RecordProblem` where there is none."""
        with self._opened(computed=True) as book:
            rows = self._cells(book)
            if not self._has_formulas():
                for number, cells in enumerate(rows, 1):
                    yield number, [_shown(cell) for cell in cells]
                return
            with self._opened(computed=False) as written:
                for number, (cells, formulas) in enumerate(
                    zip(rows, self._cells(written), strict=True), 1
                ):
                    yield number, [*starmap(_computed, zip_longest(cells, formulas))]

    def _cells(self, book: Any) -> Iterator[Any]:
        sheet = book[self.sheet]
        sheet.reset_dimensions()  # what a writer says of them may be wrong
        rows = sheet.iter_rows(max_col=COLUMNS + 1)
        while True:
            try:
                row = next(rows, None)
            except FAILURES as error:
                raise broken(f"The workbook is damaged ({error!s:.200}).") from error
            if row is None:
                return
            yield _trimmed(row)

    def _has_formulas(self) -> bool:
        """Whether any sheet has one: a look at the bytes takes far less than reading twice."""
        with zipfile.ZipFile(self._path) as archive:
            for name in archive.namelist():
                if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                    continue
                with archive.open(name) as part:
                    end = b""
                    while chunk := part.read(CHUNK):
                        if b"<f>" in end + chunk or b"<f " in end + chunk:
                            return True
                        end = chunk[-2:]
        return False

    @contextmanager
    def _opened(self, *, computed: bool) -> Iterator[Any]:
        with self._path.open("rb") as handle:
            try:
                book = openpyxl.load_workbook(
                    handle, read_only=True, data_only=computed, keep_links=False
                )
            except FAILURES as error:
                raise broken(f"The workbook cannot be opened ({error!s:.200}).") from error
            with closing(book):
                yield book


def _holds_something(sheet: Any) -> bool:
    try:
        rows = sheet.iter_rows(max_row=1000, max_col=COLUMNS, values_only=True)
        return any(value not in (None, "") for row in rows for value in row)
    except FAILURES as error:
        raise broken(f"The workbook is damaged ({error!s:.200}).") from error


def _trimmed(row: Any) -> list[Any]:
    """A row without the empty cells at its end."""
    cells = list(row)
    while cells and cells[-1].value is None:
        cells.pop()
    return cells


def _shown(cell: Any) -> Any:
    """A cell's value, or the problem that it shows."""
    if cell.data_type == "e":
        return RecordProblem(
            "spreadsheet_error",
            f"the cell {cell.coordinate} shows {cell.value}",
            "Correct it in the sheet.",
        )
    return cell.value


def _computed(cell: Any, written: Any) -> Any:
    """A computed cell, or None behind the last one of its row, beside what is written there."""
    if (cell is None or cell.value is None) and written.data_type == "f":
        return RecordProblem(
            "spreadsheet_error",
            f"the formula in {written.coordinate} was never computed",
            "Open the workbook in Excel or LibreOffice, save it, and upload it again.",
        )
    return None if cell is None else _shown(cell)


def _text(value: Any) -> Any:
    """What a CSV export would write."""
    if value is None:
        return ""
    if isinstance(value, str | RecordProblem):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat(*([" "] if isinstance(value, datetime) else []))
    return str(value)


def _header(texts: list[Any]) -> list[str]:
    names = ["" if isinstance(text, RecordProblem) else text.strip() for text in texts]
    named = [name for name in names if name]
    alone = len(named) == 1 and named[0].lower() in ONE_COLUMN
    if (len(named) < 2 and not alone) or len(set(named)) != len(named):
        raise DatasetRefused(
            "missing_columns",
            "The first row of the sheet has no usable column names: "
            + (", ".join(names)[:200] or "(blank)")
            + ".",
            "Give every column a name of its own in the first row.",
        )
    return [name or f"(column {place})" for place, name in enumerate(names, 1)]
