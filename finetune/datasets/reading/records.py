"""Records of a file one after the other, with their places and bounded memory.

A record that cannot be read is given as a `RecordProblem` in its place: reading goes on.
Knows nothing of what the records mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from finetune.datasets.reading.containers.directory import directory
from finetune.datasets.reading.containers.packed import (
    Budget,
    buffered,
    gzip_stream,
    member_stream,
)
from finetune.datasets.reading.encodings import LineEnds, Recoded
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.json_lists import elements
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import MemberLine, Read, numbered_lines, too_long
from finetune.datasets.reading.sniffing import HEAD_BYTES, Sniffed, sniff_text
from finetune.datasets.reading.tables import Table

Opener = Callable[[Budget], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Source:
    """A file that is about to be read.

    Attributes:
        container: what its records stand in: `jsonl`, `json`, `csv`, `parquet`, `arrow`, `xlsx`.
        records: reads them, each time from the beginning.
        packing: `gz` or `zip`, if it is packed.
        encoding: of its text; empty where there is none.
        members: files of an archive, or sheets of a workbook, that are read, in this order.
        left: those that are not.
    """

    container: str
    records: Callable[[], Iterator[Read]]
    packing: str = ""
    encoding: str = ""
    members: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def source_of(path: Path, sniffed: Sniffed, limits: Limits, encoding: str = "") -> Source:
    """Look into a file, into a packed one as far as the beginning of each text.

    Args:
        path: the file.
        sniffed: what it is.
        limits: bounds of what is read.
        encoding: how its text is written, if somebody said so.

    Raises:
        DatasetRefused: what is inside cannot be used.
    """
    kind = sniffed.container
    if kind == "gz":
        return _gzip(path, limits, encoding)
    if kind == "zip":
        return _zip(path, limits, encoding)
    if kind in ("parquet", "arrow", "arrow_stream"):
        from finetune.datasets.reading.containers.columnar import rows

        return Source(kind.removesuffix("_stream"), partial(rows, path, kind, limits))
    if kind == "xlsx":
        from finetune.datasets.reading.containers.sheets import Workbook

        book = Workbook(path, limits)
        return Source(kind, book.records, members=(book.sheet,), left=tuple(book.left))
    return Source(kind, partial(read_records, path, sniffed, limits), encoding=sniffed.encoding)


def read_records(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[Read]:
    """Yield the records of a file that is text, dictionaries where all is well.

    Raises:
        DatasetRefused: `missing_columns` for a CSV file without a usable header.
    """
    with path.open("rb") as handle:
        yield from _text_records(handle, sniffed, limits)


def _text_records(handle: BinaryIO, sniffed: Sniffed, limits: Limits) -> Iterator[Read]:
    handle.read(sniffed.start)
    if sniffed.encoding != "utf-8":
        handle = buffered(Recoded(handle, sniffed.encoding))
    if sniffed.returns:
        handle = buffered(LineEnds(handle))
    if sniffed.container == "jsonl":
        yield from _jsonl(handle, limits)
    elif sniffed.container == "json":
        yield from elements(handle, limits)
    else:
        yield from Table(handle, sniffed.delimiter, limits).records()


def _jsonl(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    for number, line in numbered_lines(handle, limits):
        if line is None:
            yield Read(number, too_long(limits))
        elif line.strip():
            yield Read(number, parse(line, limits))


# Packed texts


def _gzip(path: Path, limits: Limits, encoding: str) -> Source:
    packed = path.stat().st_size
    opened = partial(gzip_stream, path)
    inner = _looked_into(opened, Budget(packed, limits), "Inside the gzip file", encoding)

    def records() -> Iterator[Read]:
        with opened(Budget(packed, limits)) as handle:
            yield from _text_records(handle, inner, limits)

    return Source(inner.container, records, packing="gz", encoding=inner.encoding)


def _zip(path: Path, limits: Limits, encoding: str) -> Source:
    inside = directory(path, limits)
    packed = path.stat().st_size
    openers = {entry.filename: partial(member_stream, path, entry) for entry in inside.members}
    budget = Budget(packed, limits)
    found = {name: _looked_into(opened, budget, name, encoding) for name, opened in openers.items()}
    forms = {"csv" if one.container == "csv" else "json" for one in found.values()}
    if len(forms) > 1:
        tables = [name for name, one in found.items() if one.container == "csv"]
        others = [name for name in found if name not in tables]
        raise DatasetRefused(
            "archive_mixed",
            f"The ZIP archive holds tables and JSON: {tables[0][:80]} and {others[0][:80]}.",
            "Pack only the files that belong together, all of one form.",
        )

    def records() -> Iterator[Read]:
        budget = Budget(packed, limits)
        for name, opened in openers.items():
            with opened(budget) as handle:
                for read in _text_records(handle, found[name], limits):
                    yield replace(read, line=MemberLine.of(read.line, name[-120:]))

    first = next(iter(found.values()))
    names = tuple(found)
    return Source(first.container, records, "zip", first.encoding, names, inside.left)


def _looked_into(opened: Opener, budget: Budget, name: str, encoding: str) -> Sniffed:
    """What a packed text is. What it is refused for begins with its name."""
    with opened(budget) as handle:
        head = handle.read(HEAD_BYTES)
        more = len(head) == HEAD_BYTES
    try:
        return sniff_text(head, more, encoding)
    except DatasetRefused as refused:
        said = f"{name}: {refused.message}"
        raise DatasetRefused(refused.code, said, refused.hint, refused.report) from refused
