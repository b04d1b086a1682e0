"""What a file was read from, in words for its page: archive, sheet, encoding, what was left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

SHOWN = 8
ENCODING_WORDS: dict[str, str | Promise] = {  # as `ENCODINGS`, for pages
    "utf-8": "UTF-8",
    "utf-16-le": gettext_lazy("UTF-16 (little end first, as Windows writes it)"),
    "utf-16-be": gettext_lazy("UTF-16 (big end first)"),
    "gb18030": gettext_lazy("GB18030, GBK, GB2312 (Chinese, simplified)"),
    "big5": gettext_lazy("Big5 (Chinese, traditional)"),
    "shift_jis": gettext_lazy("Shift JIS (Japanese)"),
    "euc_jp": gettext_lazy("EUC-JP (Japanese)"),
    "cp949": gettext_lazy("CP949, EUC-KR (Korean)"),
    "cp1252": gettext_lazy("Windows-1252, Latin-1 (Western Europe)"),
    "cp1250": gettext_lazy("Windows-1250 (Central Europe)"),
    "cp1251": gettext_lazy("Windows-1251 (Cyrillic)"),
    "koi8-r": gettext_lazy("KOI8-R (Cyrillic)"),
}
PACKINGS: dict[str, str | Promise] = {
    "gz": gettext_lazy("a gzip file"),
    "zip": gettext_lazy("a ZIP archive"),
}
CONTAINERS: dict[str, str | Promise] = {
    "parquet": gettext_lazy("a Parquet file"),
    "arrow": gettext_lazy("an Arrow file"),
    "xlsx": gettext_lazy("an Excel workbook"),
}


@dataclass(frozen=True)
class ReadFrom:
    """What is worth a word about a file that was no plain text in UTF-8.

    Attributes:
        kind: what it is; empty for plain text.
        encoding: how its text is written, where that is not UTF-8.
        members: files or the sheet that were read, the first of them.
        more: how many others.
        left: those that were not read, the first of them.
        left_more: how many others.
        is_sheet: whether they are sheets.
    """

    kind: str | Promise
    encoding: str | Promise
    members: list[str]
    more: int
    left: list[str]
    left_more: int
    is_sheet: bool


def read_from(report: Mapping[str, Any]) -> ReadFrom | None:
    """None for plain text in UTF-8, and for a report of an earlier version."""
    encoding = str(report.get("encoding") or "")
    told = "" if encoding == "utf-8" else ENCODING_WORDS.get(encoding, encoding.upper())
    kind = PACKINGS.get(report.get("packing", "")) or CONTAINERS.get(report.get("container", ""))
    if not kind and not told:
        return None
    members, left = list(report.get("members") or []), list(report.get("left") or [])
    return ReadFrom(
        kind=kind or "",
        encoding=told,
        members=members[:SHOWN],
        more=max(0, len(members) - SHOWN),
        left=left[:SHOWN],
        left_more=max(0, len(left) - SHOWN),
        is_sheet=report.get("container") == "xlsx",
    )


def left_summary(report: Mapping[str, Any]) -> str:
    """What was not read, in English for the API; empty where that is nothing."""
    left = list(report.get("left") or [])
    if not left:
        return ""
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    what = "Sheets" if report.get("container") == "xlsx" else "Files"
    return f"{what} that were not read: {', '.join(left[:SHOWN])}{more}."
