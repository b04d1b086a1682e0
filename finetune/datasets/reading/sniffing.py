"""What kind of file this is, from its first bytes. Nothing is unpacked here."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, cast

from finetune.datasets.reading.columns import ONE_COLUMN, WHOLE_COLUMNS
from finetune.datasets.reading.encodings import (
    ENCODINGS,
    decoded,
    legacy,
    marked,
    text_stream,
    without_mark,
)
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.magic import ACCEPTED, packing, refuse_binary
from finetune.datasets.reading.texts.blocks import is_spoken
from finetune.datasets.reading.texts.whatsapp import is_whatsapp
from finetune.datasets.reading.wrapped import list_of

TextKind = Literal["jsonl", "json", "csv", "object", "text", "whatsapp", "telegram"]
Container = Literal[TextKind, "gz", "zip", "parquet", "arrow", "arrow_stream", "xlsx"]
TABLE_KINDS = ("csv", "parquet", "arrow", "xlsx")  # of what records stand in
HEAD_BYTES = 65536
BLANK = "\x00 \t\r\n\v\f\ufeff\u2028\u2029"


@dataclass(frozen=True)
class Sniffed:
    """Kind of container, and of a text: where it starts and how it is written.

    Attributes:
        container: what the file is; `object` is a JSON object whose one list holds the records.
        start: bytes before the text.
        delimiter: of a CSV table.
        key: of an object, under which the list stands.
        head: how many bytes of an object are looked through for the list's end and what stands
            beside it; 0: all.
        encoding: Python's name of it.
        returns: whether the lines end with carriage returns alone.
    """

    container: Container
    start: int
    delimiter: str = ","
    key: str = ""
    head: int = 0
    encoding: str = "utf-8"
    returns: bool = False

    @property
    def has_places(self) -> bool:
        """Whether the text is read as it stands in the file, byte for byte."""
        return self.encoding == "utf-8" and not self.returns


def sniff(path: Path, limits: Limits, encoding: str = "") -> Sniffed:
    """Look at a file's size and first bytes.

    Args:
        path: the file.
        limits: bounds of its size.
        encoding: how its text is written, if somebody said so: a name in `ENCODINGS`.

    Raises:
        DatasetRefused: `not_a_file`, `empty`, `too_large`, `archive…`, `wrong_type`, `encoding`,
            `unknown_format`.
    """
    if not path.is_file():
        raise DatasetRefused("not_a_file", f"{path.name} is not a file.", f"Upload {ACCEPTED}.")
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise DatasetRefused(
            "too_large",
            f"The file has {size / 1e6:,.1f} MB; the limit is {limits.max_bytes / 1e6:,.1f} MB.",
            "Split it, or ask the administrator for a higher limit.",
        )
    with path.open("rb") as handle:
        kind = packing(handle.read(HEAD_BYTES), size)
        if kind == "zip":
            from finetune.datasets.reading.containers.directory import directory

            return Sniffed(directory(path, limits).kind, 0)
        if kind:
            return Sniffed(cast(Container, kind), 0)
        handle.seek(0)
        return sniff_text(handle, limits, encoding)


def sniff_text(handle: BinaryIO, limits: Limits, encoding: str = "") -> Sniffed:
    """Look at the beginning of a text.

    Args:
        handle: at its first byte; it is read on where an object may hold a list of records.
        limits: how long one of these may be.
        encoding: how it is written, if somebody said so.

    Raises:
        DatasetRefused: as `sniff`; `encoding` with the guess in its report.
    """
    head = handle.read(HEAD_BYTES)
    found, start = marked(head)
    encoding = found or encoding
    if not encoding.startswith("utf-"):
        refuse_unmarked(head, asked=bool(encoding))
    elif encoding == "utf-8":
        refuse_binary(head[start:])
    text = decoded(head[start:], encoding or "utf-8")
    if not text.strip(BLANK):
        if not text.strip() and handle.read(1):
            raise DatasetRefused(
                "empty", "The file starts with a long stretch of blanks.", "Remove the blanks."
            )
        raise DatasetRefused("empty", "The file is empty.", "Upload one dialogue a line.")
    returns = "\r" in text and "\n" not in text
    if returns:
        text = text.replace("\r", "\n")
    plain = Sniffed("json", start, encoding=encoding or "utf-8", returns=returns)
    if text.lstrip().startswith("{") and (inside := _wrapper(handle, text, plain, limits)):
        return inside
    kind, delimiter = _text_kind(text)
    return replace(plain, container=kind, delimiter=delimiter)


def _wrapper(handle: BinaryIO, text: str, plain: Sniffed, limits: Limits) -> Sniffed | None:
    """The file as an object that holds a list of records, if it is one."""
    if sum(_is_object(line) for line in text.split("\n")[:50]) > 1:
        return None
    handle.seek(0)
    stream = text_stream(handle, plain.start, plain.encoding, plain.returns)
    found = list_of(stream, HEAD_BYTES, limits)
    if found is None:
        return None
    key, is_chat = found
    return replace(plain, container="telegram" if is_chat else "object", key=key)


def refuse_unmarked(head: bytes, *, asked: bool) -> None:
    """Refuse what is no text, and text that is not UTF-8 if nobody has said what it is.

    Raises:
        DatasetRefused: `archive`, `wrong_type` or `encoding`.
    """
    sample = head[:4096]
    guess = "" if asked or not sample.strip(b"\0") else without_mark(sample)
    if not guess:
        refuse_binary(head)
        guess = "" if asked else legacy(head)
    if guess:
        raise DatasetRefused(
            "encoding",
            f"The text is not UTF-8. It looks like {ENCODINGS[guess]}.",
            "Choose this encoding, or save the file again as UTF-8 (in Excel: 'CSV UTF-8').",
            {"encoding_guess": guess},
        )


def _text_kind(text: str) -> tuple[TextKind, str]:
    """Which kind of text it is, and the delimiter of a table."""
    stripped = text.lstrip("\x00 \t\r\n\v\f\ufeff")
    first = stripped.split("\n", 1)[0].rstrip()
    objects = sum(_is_object(line) for line in stripped.split("\n")[:50])
    if objects >= 2 or (objects and stripped[0] == "{"):
        return "jsonl", ","  # whatever the first line is, it will be reported
    if is_whatsapp(stripped):
        return "whatsapp", ","
    if not objects and is_spoken(stripped):
        return "text", ","
    if stripped[0] == "[":
        return "json", ","
    if stripped[0] == "{":
        return ("json" if first[-1] in "{[,:" else "jsonl"), ","
    column = first.strip('"').lower()
    if column in WHOLE_COLUMNS or (column in ONE_COLUMN and stripped.count("\n") > 1):
        return "csv", ","
    if re.match(r"<(!doctype|html|\?xml|[a-z][\w-]*[ >/])", stripped, re.IGNORECASE):
        raise DatasetRefused("wrong_type", "This is an HTML or XML page.", f"Upload {ACCEPTED}.")
    if objects:
        return "jsonl", ","
    second = stripped.partition("\n")[2].partition("\n")[0]
    if "|" in first and "--" in second and not second.strip("|:- \t\r"):
        raise DatasetRefused(
            "unknown_format",
            "This is a Markdown table.",
            "Save it as CSV, without the line of dashes.",
        )
    counts = {mark: first.count(mark) for mark in ",;\t|"}
    delimiter = max(counts, key=lambda mark: counts[mark])
    if counts[delimiter]:
        try:
            columns = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            columns = []
        if len(columns) >= 2:
            return "csv", delimiter
    raise DatasetRefused(
        "unknown_format",
        "The file is text, but neither JSONL, nor JSON, nor a CSV table with two columns.",
        'One dialogue a line: {"messages": [{"role": "user", "content": "..."}, ...]}',
    )


def _is_object(line: str) -> bool:
    """Tell whether a line is a whole JSON object that starts in the first column."""
    if not line.startswith("{") or not line.rstrip().endswith("}"):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
