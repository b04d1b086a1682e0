"""What a ZIP archive says that it holds, without unpacking anything.

Its directory is read only after its own size and number of entries are known to be small.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits

DATA = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
TEXTS = (".txt", "")  # read only where nothing else is there
ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".lz4")
ALONE = (".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".ods", ".docx", ".pdf")
OFFICE = {"word/document.xml": "a Word document (docx)", "ppt/presentation.xml": "slides (pptx)"}
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
DIRECTORY_BYTES = 4 * 2**20
SMALL = 16 * 2**20  # bytes of which no ratio is asked
MOST_RATIO = 200  # dialogues are packed to a third or a tenth; a run of zeros to a thousandth
NAMES = 5  # that are told
BOMB = "Pack the file with the dialogues alone, or upload it unpacked."


@dataclass(frozen=True)
class Directory:
    """The files of an archive: `members` are read, in this order; `left` are not."""

    kind: Literal["zip", "xlsx"]
    members: tuple[zipfile.ZipInfo, ...] = ()
    left: tuple[str, ...] = ()


def directory(path: Path, limits: Limits) -> Directory:
    """Read an archive's directory.

    Raises:
        DatasetRefused: `archive`, `archive_broken`, `archive_encrypted`, `archive_nested`,
            `archive_mixed`, `archive_too_large` or `wrong_type`.
    """
    _bounds(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, struct.error, UnicodeError) as error:
        raise broken(f"The ZIP archive cannot be opened ({error}).") from error
    names = {entry.filename for entry in entries}
    for name, kind in OFFICE.items():
        if name in names:
            raise DatasetRefused("wrong_type", f"This is {kind}.", "Upload its dialogues as text.")
    if "mimetype" in names and "content.xml" in names:
        raise DatasetRefused(
            "wrong_type", "This is an OpenDocument file.", "Save the sheet as xlsx or CSV (UTF-8)."
        )
    if any(name.startswith("xl/workbook") for name in names):
        _sizes(entries, limits)
        return Directory("xlsx")
    chosen, left = _chosen([entry for entry in entries if not entry.is_dir()])
    _readable(chosen)
    _sizes(chosen, limits)
    return Directory("zip", tuple(chosen), tuple(left))


def broken(message: str) -> DatasetRefused:
    return DatasetRefused("archive_broken", message, "Pack or save it again, and upload it whole.")


def listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(name[:80] for name in names[:NAMES]) + more


def _bounds(path: Path, limits: Limits) -> None:
    """Look at the record at the archive's end, which says how large its directory is."""
    with path.open("rb") as handle:
        handle.seek(-min(path.stat().st_size, 2**16 + 128), 2)
        tail = handle.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise broken("The ZIP archive ends in the middle.")
    entries, size = struct.unpack("<HL", tail[at + 10 : at + 16])
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    if wide >= 0 and len(tail) - wide >= 56:
        entries, size = struct.unpack("<QQ", tail[wide + 32 : wide + 48])
    if entries > limits.max_members or size > DIRECTORY_BYTES:
        raise DatasetRefused(
            "archive_too_large",
            f"The ZIP archive holds {entries:,} files; the limit is {limits.max_members:,}.",
            "Put the dialogues into one file.",
        )


def _chosen(entries: list[zipfile.ZipInfo]) -> tuple[list[zipfile.ZipInfo], list[str]]:
    """The files to read, in the order of their names, and the names of the others."""
    hidden: list[zipfile.ZipInfo] = []
    seen: list[zipfile.ZipInfo] = []
    for entry in entries:
        parts = PurePosixPath(entry.filename).parts
        is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
        (hidden if is_hidden else seen).append(entry)
    nested = [entry.filename for entry in seen if _suffix(entry) in ARCHIVES]
    if nested:
        raise DatasetRefused(
            "archive_nested",
            f"The ZIP archive holds another archive: {listed(nested)}.",
            "Unpack that one, and pack the files with dialogues once.",
        )
    data = [entry for entry in seen if _suffix(entry) in DATA]
    data = data or [entry for entry in seen if _suffix(entry) in TEXTS]
    alone = [entry.filename for entry in seen if _suffix(entry) in ALONE]
    if alone and not data:
        raise DatasetRefused(
            "archive_nested",
            f"The ZIP archive holds {listed(alone)}, which is not read from an archive.",
            "Upload it without the archive around it.",
        )
    if not data:
        names = [entry.filename for entry in seen]
        raise DatasetRefused(
            "archive",
            f"The ZIP archive holds no file with dialogues, only {listed(names) or 'nothing'}.",
            "Put JSONL, JSON, CSV or text files into it.",
        )
    left = [entry.filename for entry in entries if entry not in data]
    return sorted(data, key=lambda entry: entry.filename), sorted(left)


def _suffix(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.lower()


def _readable(entries: list[zipfile.ZipInfo]) -> None:
    locked = [entry.filename for entry in entries if entry.flag_bits & 1]
    if locked:
        raise DatasetRefused(
            "archive_encrypted",
            f"The ZIP archive is encrypted: {listed(locked)} cannot be read without its password.",
            "Pack it again without a password.",
        )
    strange = [entry.filename for entry in entries if entry.compress_type not in METHODS]
    if strange:
        raise DatasetRefused(
            "archive",
            f"{listed(strange)} is packed by a method that is not read here.",
            "Pack it again with the usual method (deflate).",
        )


def _sizes(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    whole = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if whole > limits.max_expanded_bytes:
        raise too_large(limits)
    if whole > max(SMALL, MOST_RATIO * packed):
        raise too_dense()


def too_large(limits: Limits) -> DatasetRefused:
    return DatasetRefused(
        "archive_too_large",
        f"Unpacked, it has more than {limits.max_expanded_bytes / 1e6:,.0f} MB, the limit.",
        "Split it, or ask the administrator for a higher limit.",
    )


def too_dense() -> DatasetRefused:
    return DatasetRefused(
        "archive_too_large",
        f"Unpacked, it is more than {MOST_RATIO} times as large: no text of dialogues is.",
        BOMB,
    )
