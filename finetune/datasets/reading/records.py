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
from finetune.datasets.reading.containers.packed import Budget, gzip_stream, member_stream
from finetune.datasets.reading.encodings import as_written, text_stream
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.json_lists import elements
from finetune.datasets.reading.json_values import OWN_DEPTH, own_record, parse
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import MemberLine, Read, numbered_lines, too_long
from finetune.datasets.reading.sniffing import Sniffed, sniff_text
from finetune.datasets.reading.tables import Table
from finetune.datasets.reading.texts import telegram, whatsapp
from finetune.datasets.reading.texts.blocks import blocks
from finetune.datasets.reading.watching import Watch, opened
from finetune.datasets.reading.wrapped import Beside, wrapped

Opener = Callable[[Budget], AbstractContextManager[BinaryIO]]
Wanted = Callable[[int], bool]
FORMS = {  # of files in one archive: what may stand side by side
    "csv": "tables",
    "text": "text",
    "whatsapp": "chats",
    "telegram": "chats",
}


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


def source_of(
    path: Path, sniffed: Sniffed, limits: Limits, encoding: str = "", watch: Watch | None = None
) -> Source:
    """Look into a file, into a packed one as far as the beginning of each text.

    Args:
        path: the file.
        sniffed: what it is.
        limits: bounds of what is read.
        encoding: how its text is written, if somebody said so.
        watch: told again and again, while records are read, how many bytes of the file were read;
            0 where that cannot be told. May raise.

    Raises:
        DatasetRefused: what is inside cannot be used.
    """
    kind = sniffed.container
    if kind == "gz":
        return _gzip(path, limits, encoding, sniffed.head, watch)
    if kind == "zip":
        return _zip(path, limits, encoding, sniffed.head, watch)
    if kind in ("parquet", "arrow", "arrow_stream"):
        from finetune.datasets.reading.containers.columnar import rows

        return Source(kind.removesuffix("_stream"), partial(rows, path, kind, limits, watch))
    if kind == "xlsx":
        from finetune.datasets.reading.containers.sheets import Workbook

        book = Workbook(path, limits)
        records = partial(book.records, watch)
        return Source(kind, records, members=(book.sheet,), left=tuple(book.left))
    records = partial(read_records, path, sniffed, limits, watch)
    return Source(kind, records, encoding=sniffed.encoding)


def read_records(
    path: Path,
    sniffed: Sniffed,
    limits: Limits,
    watch: Watch | None = None,
    wanted: Wanted | None = None,
) -> Iterator[Read]:
    """Yield the records of a file that is text, dictionaries where all is well.

    Args:
        path: the file.
        sniffed: what it is.
        limits: bounds of what is read.
        watch: hears how far it is.
        wanted: asked for the first byte of each JSON line, once all lines before were taken, if the
            line is to be read.

    Raises:
        DatasetRefused: `missing_columns` for a CSV file without a usable header.
    """
    with opened(path, watch) as handle:
        if sniffed.has_places:
            yield from _text_records(handle, sniffed, limits, wanted)
        else:
            yield from _without_places(handle, sniffed, limits)


def _text_records(
    handle: BinaryIO, sniffed: Sniffed, limits: Limits, wanted: Wanted | None = None
) -> Iterator[Read]:
    handle = text_stream(handle, sniffed.start, sniffed.encoding, sniffed.returns)
    if sniffed.container == "jsonl":
        yield from _jsonl(handle, limits, wanted)
    elif sniffed.container == "json":
        yield from elements(handle, limits)
    elif sniffed.container == "object":
        yield from wrapped(handle, sniffed.key, limits, sniffed.head)
    elif sniffed.container == "telegram":
        messages = wrapped(handle, sniffed.key, limits, sniffed.head)
        beside = (read for read in messages if not isinstance(read.value, Beside))
        yield from telegram.chat(beside, limits)
    elif sniffed.container == "whatsapp":
        yield from whatsapp.chat(handle, limits)
    elif sniffed.container == "text":
        yield from blocks(handle, limits)
    else:
        yield from Table(handle, sniffed.delimiter, limits).records()


def _without_places(handle: BinaryIO, sniffed: Sniffed, limits: Limits) -> Iterator[Read]:
    """Records of a text whose bytes are not those of the file."""
    for read in _text_records(handle, sniffed, limits):
        if sniffed.encoding != "utf-8" and isinstance(read.value, RecordProblem):
            read = replace(read, value=as_written(read.value, sniffed.encoding))
        yield read if read.start < 0 else replace(read, start=-1, size=0)


def _jsonl(handle: BinaryIO, limits: Limits, wanted: Wanted | None) -> Iterator[Read]:
    start = handle.tell()
    may_be_own = limits.max_depth >= OWN_DEPTH
    for number, line in numbered_lines(handle, limits):
        end = handle.tell() if line is None else start + len(line)
        if wanted is not None and not wanted(start):
            pass
        elif line is None:
            yield Read(number, too_long(limits), start=start, size=end - start)
        elif (own := own_record(line) if may_be_own else None) is not None:
            yield Read(number, own[0], start=start, size=end - start, written=own[1])
        elif not line.isspace():
            value = parse(line, limits)
            raw = line if isinstance(value, RecordProblem) else b""
            yield Read(number, value, start=start, size=end - start, raw=raw)
        start = end


# Packed texts


def _gzip(path: Path, limits: Limits, encoding: str, head: int, watch: Watch | None) -> Source:
    packed = path.stat().st_size
    unpacked = partial(gzip_stream, path)
    found = _looked_into(unpacked, Budget(packed, limits), limits, "Inside the gzip file", encoding)
    inner = replace(found, head=head)

    def records() -> Iterator[Read]:
        with gzip_stream(path, Budget(packed, limits), watch) as handle:
            yield from _without_places(handle, inner, limits)

    return Source(inner.container, records, packing="gz", encoding=inner.encoding)


def _zip(path: Path, limits: Limits, encoding: str, head: int, watch: Watch | None) -> Source:
    inside = directory(path, limits)
    packed = path.stat().st_size
    whole = sum(entry.file_size for entry in inside.members)
    openers = {entry.filename: partial(member_stream, path, entry) for entry in inside.members}
    budget = Budget(packed, limits)
    found = {
        name: replace(_looked_into(unpacked, budget, limits, name, encoding), head=head)
        for name, unpacked in openers.items()
    }
    _forms_check(found)

    def records() -> Iterator[Read]:
        budget = Budget(packed, limits, whole, watch)
        before = last = 0
        for name, unpacked in openers.items():
            with unpacked(budget) as handle:
                for read in _without_places(handle, found[name], limits):
                    if before and isinstance(read.value, Beside):
                        continue  # the first file's stand for all
                    last = before + read.line
                    yield replace(read, line=MemberLine.of(last, read.line, name[-120:]))
            before = last

    first = next(iter(found.values()))
    names = tuple(found)
    return Source(first.container, records, "zip", first.encoding, names, inside.left)


def _forms_check(found: dict[str, Sniffed]) -> None:
    """Raises DatasetRefused: the texts of an archive are of several forms."""
    firsts: dict[str, str] = {}
    for name, one in found.items():
        firsts.setdefault(FORMS.get(one.container, "JSON"), name)
    if len(firsts) > 1:
        (form, name), (other_form, other) = list(firsts.items())[:2]
        raise DatasetRefused(
            "archive_mixed",
            f"The ZIP archive holds {form} and {other_form}: {name[:80]} and {other[:80]}.",
            "Pack only the files that belong together, all of one form.",
        )


def _looked_into(
    unpacked: Opener, budget: Budget, limits: Limits, name: str, encoding: str
) -> Sniffed:
    """What a packed text is. What it is refused for begins with its name."""
    with unpacked(budget) as handle:
        try:
            return sniff_text(handle, limits, encoding)
        except DatasetRefused as refused:
            if refused.code.startswith("archive_"):  # damaged or too large: it says so itself
                raise
            said = f"{name}: {refused.message}"
            raise DatasetRefused(refused.code, said, refused.hint, refused.report) from refused
