"""What is printed: lines and tables for people, JSON for programs."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import OutputWrapper

GAP = "  "
CLEAR = "\r\x1b[K"


class Printer:
    """Standard output of one subcommand.

    What models and people wrote reaches the terminal without control characters, which could
    move its cursor or change what is on it.
    """

    def __init__(self, out: OutputWrapper, *, as_json: bool) -> None:
        self.out = out
        self.as_json = as_json

    @property
    def is_terminal(self) -> bool:
        return bool(self.out.isatty())

    @property
    def columns(self) -> int:
        return shutil.get_terminal_size().columns

    def json(self, value: Any) -> None:
        """A whole object, indented."""
        self.raw(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def json_line(self, value: Any) -> None:
        self.raw(json.dumps(value, ensure_ascii=False) + "\n")

    def line(self, text: str = "") -> None:
        self.raw(plain(text) + "\n")

    def words(self, text: str) -> None:
        """A part of a line, at once."""
        self.raw(plain(text))

    def redraw(self, text: str) -> None:
        """Put this in place of the terminal's current line; cut to its width."""
        self.raw(CLEAR + cut(plain(text), self.columns - 1))

    def raw(self, text: str) -> None:
        self.out.write(text, ending="")
        self.out.flush()

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Columns side by side, the last one as long as it is."""
        cells = [list(heads), *(list(row) for row in rows)]
        widths = [max(width(row[index]) for row in cells) for index in range(len(heads) - 1)]
        for row in cells:
            padded = [
                text + " " * (size - width(text))
                for text, size in zip(row[:-1], widths, strict=True)
            ]
            self.line(GAP.join([*padded, row[-1]]).rstrip())

    def facts(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Names and values, those without a value left out."""
        shown = [(name, str(value)) for name, value in pairs if value not in (None, "", [])]
        size = max((width(name) for name, _ in shown), default=0)
        for name, value in shown:
            self.line(f"{name.ljust(size)}{GAP}{value}")


def plain(text: str) -> str:
    """Without control characters, but for line breaks and tabs."""
    return "".join(
        letter
        if letter in "\n\t" or unicodedata.category(letter) != "Cc"
        else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def width(text: str) -> int:
    """Columns of a terminal: Chinese takes two a sign."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def cut(text: str, columns: int) -> str:
    """As much of a line as fits."""
    taken = 0
    for index, letter in enumerate(text):
        taken += width(letter)
        if taken > columns:
            return text[:index]
    return text


def moment(seconds: int | float | None) -> str:
    """A time in the zone of the machine."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def size(count: int | float | None) -> str:
    """Bytes in the unit that leaves few digits."""
    if count is None:
        return ""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count:.0f} bytes"
