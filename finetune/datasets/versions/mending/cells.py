"""Broken cells of a table: bytes that are not UTF-8, null characters, a carriage return without
quotation marks, a quotation mark that is never closed where the lines behind it are whole rows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .texts import decoded

QUOTE = '"'
BETWEEN = "\x1f"  # cells, while their bytes are looked at together: in no encoding part of a sign
_RETURN = re.compile("\r\n?")
_BYTES = re.compile("[\udc80-\udcff]")


def mended_cells(cells: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """Return a row's cells as they were meant, and what was done; None where in doubt.

    Args:
        cells: as they stand, by column, bytes that are not UTF-8 as halves of surrogate pairs.

    >>> mended_cells({"question": '"I am sad', "answer": "That\\udce9 is"})[0]["question"]
    'I am sad'
    """
    text, done = BETWEEN.join(cells.values()), []
    if text.count(BETWEEN) != len(cells) - 1:
        return None
    if "\0" in text:
        text = text.replace("\0", "")
        done.append("null_bytes")
    if _BYTES.search(text):
        found = decoded(text.encode("utf-8", "surrogateescape"))
        if found is None:
            return None
        text, encoding = found
        done.append(encoding)
    values = text.split(BETWEEN)
    if any("\r" in value for value in values):
        values = [_RETURN.sub("\n", value) for value in values]
        done.append("invalid_csv")
    if any(value.startswith(QUOTE) for value in values):
        if text.count(QUOTE) != 1:
            return None
        values = [value.removeprefix(QUOTE) for value in values]
        done.append("open_quote")
    return (dict(zip(cells, values, strict=True)), tuple(done)) if done else None


def shown_cells(cells: Mapping[str, str]) -> str:
    """A row, a cell a line; what is no text by its numbers, as \\xe9."""
    lines = (f"{name}: {value}" for name, value in cells.items())
    plain = "\n".join(line.replace("\0", "\\x00").replace("\r", "\\r") for line in lines)
    return plain.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
