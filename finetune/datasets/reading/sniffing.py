"""What kind of file this is, from its first bytes. Nothing is ever unpacked."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.tables import ONE_COLUMN
from finetune.datasets.reading.texts.blocks import is_spoken
from finetune.datasets.reading.texts.whatsapp import is_whatsapp
from finetune.datasets.reading.wrapped import list_of

Container = Literal["jsonl", "json", "csv", "object", "text", "whatsapp", "telegram"]
HEAD_BYTES = 65536
BOM = b"\xef\xbb\xbf"
ACCEPTED = "JSONL, JSON, CSV or plain text in UTF-8"

# Magic bytes -> (code, what people call it, what to do)
_UNPACK = "Unpack it first and upload the text file inside."
MAGIC: tuple[tuple[bytes, str, str, str], ...] = (
    (
        b"PK\x03\x04",
        "archive",
        "a ZIP archive or an Office file (xlsx, docx)",
        "Unpack it, or save the sheet as CSV (UTF-8), and upload that.",
    ),
    (b"PK\x05\x06", "archive", "an empty ZIP archive", _UNPACK),
    (b"\x1f\x8b", "archive", "a gzip archive", _UNPACK),
    (b"BZh", "archive", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "archive", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "archive", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "archive", "a RAR archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "archive", "a Zstandard archive", _UNPACK),
    (b"\x04\x22\x4d\x18", "archive", "an LZ4 archive", _UNPACK),
    (b"%PDF-", "wrong_type", "a PDF document", "Export its dialogues as text."),
    (b"\x89PNG\r\n\x1a\n", "wrong_type", "a PNG image", "Upload dialogues as text."),
    (b"\xff\xd8\xff", "wrong_type", "a JPEG image", "Upload dialogues as text."),
    (b"GIF8", "wrong_type", "a GIF image", "Upload dialogues as text."),
    (b"RIFF", "wrong_type", "a sound, video or WebP file", "Upload dialogues as text."),
    (b"ID3", "wrong_type", "an MP3 sound file", "Upload dialogues as text."),
    (b"OggS", "wrong_type", "an Ogg media file", "Upload dialogues as text."),
    (b"\x7fELF", "wrong_type", "a program", "Upload dialogues as text."),
    (b"MZ\x90", "wrong_type", "a Windows program", "Upload dialogues as text."),
    (
        b"\xd0\xcf\x11\xe0",
        "wrong_type",
        "an old Office file (xls, doc)",
        "Save the sheet as CSV (UTF-8) and upload that.",
    ),
    (b"PAR1", "wrong_type", "a Parquet file", "Export it as JSONL."),
    (b"SQLite format 3\x00", "wrong_type", "an SQLite database", "Export it as JSONL or CSV."),
    (b"GGUF", "wrong_type", "model weights (GGUF)", "Upload dialogues as text."),
    (b"\x93NUMPY", "wrong_type", "a NumPy array", "Upload dialogues as text."),
    (b"\x80\x05\x95", "wrong_type", "a Python pickle", "Export it as JSONL."),
    (b"\x80\x04\x95", "wrong_type", "a Python pickle", "Export it as JSONL."),
    (b"{\\rtf", "wrong_type", "an RTF document", "Save it as plain text (CSV or JSONL)."),
)
_UTF16_HINT = "Save it again as UTF-8 (in Excel: 'CSV UTF-8')."
ENCODINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


@dataclass(frozen=True)
class Sniffed:
    """Kind of container and where its text starts.

    Attributes:
        container: `object` is a JSON object whose one list holds the records.
        start: the first byte behind a byte order mark.
        delimiter: of CSV.
        key: of an object, under which the list stands.
        head: how many bytes of an object are looked through for the list's end and what stands
            beside it; 0: all.
    """

    container: Container
    start: int
    delimiter: str = ","
    key: str = ""
    head: int = 0


def sniff(path: Path, limits: Limits) -> Sniffed:
    """Look at a file's size and first bytes.

    Raises:
        DatasetRefused: `not_a_file`, `empty`, `too_large`, `archive`, `wrong_type`, `encoding`,
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
        head = handle.read(HEAD_BYTES)
    _refuse_binary(head)
    start = len(BOM) if head.startswith(BOM) else 0
    text = head[start:].decode("utf-8", errors="replace")
    if not text.strip("\x00 \t\r\n\v\f\ufeff\u2028\u2029"):
        if size > len(head) and not text.strip():
            raise DatasetRefused(
                "empty", "The file starts with a long stretch of blanks.", "Remove the blanks."
            )
        raise DatasetRefused("empty", "The file is empty.", "Upload one dialogue a line.")
    if text.lstrip().startswith("{") and (inside := _wrapper(path, text, start, limits)):
        return inside
    return _text_kind(text, start)


def _wrapper(path: Path, text: str, start: int, limits: Limits) -> Sniffed | None:
    """The file as an object that holds a list of records, if it is one."""
    if sum(_is_object(line) for line in text.split("\n")[:50]) > 1:
        return None
    with path.open("rb") as handle:
        handle.seek(start)
        found = list_of(handle, HEAD_BYTES, limits)
    if found is None:
        return None
    key, is_chat = found
    return Sniffed("telegram" if is_chat else "object", start, key=key)


def _refuse_binary(head: bytes) -> None:
    for magic, name in ENCODINGS:
        if head.startswith(magic):
            raise DatasetRefused("encoding", f"The text is stored as {name}.", _UTF16_HINT)
    for magic, code, name, hint in MAGIC:
        if head.startswith(magic):
            raise DatasetRefused(code, f"This is {name}, not {ACCEPTED}.", hint)
    if head[257:262] == b"ustar":
        raise DatasetRefused("archive", "This is a tar archive.", _UNPACK)
    if head[4:8] == b"ftyp":
        raise DatasetRefused("wrong_type", "This is a video.", "Upload dialogues as text.")
    sample = head[:4096]
    zeros = sample.count(0)
    if len(sample) >= 8 and zeros * 3 >= len(sample) and sample.strip(b"\0 \r\n\t"):
        if max(sample[0::2].count(0), sample[1::2].count(0)) * 5 >= len(sample) * 2:
            raise DatasetRefused("encoding", "The text looks like UTF-16.", _UTF16_HINT)
        raise DatasetRefused(
            "wrong_type", "This is a binary file, not text.", f"Upload {ACCEPTED}."
        )
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    if control * 10 > len(sample) * 3 and sample.strip(b"\0 \r\n\t"):
        raise DatasetRefused(
            "wrong_type", "This is a binary file, not text.", f"Upload {ACCEPTED}."
        )


def _text_kind(text: str, start: int) -> Sniffed:
    stripped = text.lstrip("\x00 \t\r\n\v\f\ufeff")
    first = stripped.split("\n", 1)[0].rstrip()
    objects = sum(_is_object(line) for line in stripped.split("\n")[:50])
    if objects >= 2 or (objects and stripped[0] == "{"):
        return Sniffed("jsonl", start)  # whatever the first line is, it will be reported
    if is_whatsapp(stripped):
        return Sniffed("whatsapp", start)
    if not objects and is_spoken(stripped):
        return Sniffed("text", start)
    if stripped[0] == "[":
        return Sniffed("json", start)
    if stripped[0] == "{":
        return Sniffed("json" if first[-1] in "{[,:" else "jsonl", start)
    if first.strip('"').lower() in ONE_COLUMN and stripped.count("\n") > 1:
        return Sniffed("csv", start)
    if re.match(r"<(!doctype|html|\?xml|[a-z][\w-]*[ >/])", stripped, re.IGNORECASE):
        raise DatasetRefused("wrong_type", "This is an HTML or XML page.", f"Upload {ACCEPTED}.")
    if objects:
        return Sniffed("jsonl", start)
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
            return Sniffed("csv", start, delimiter)
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
