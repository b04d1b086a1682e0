"""Records of a file one after the other, with their line numbers and bounded memory.

A record that cannot be read is given as a `RecordProblem` in its place: reading goes on.
Knows nothing of what the records mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import CHUNK, Read, numbered_lines, too_long
from finetune.datasets.reading.sniffing import Sniffed
from finetune.datasets.reading.tables import Table

__all__ = ["CHUNK", "Read", "parse", "read_records"]

_STRUCTURE = re.compile(rb'["\\{}\[\],\n]')
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_records(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[Read]:
    """Yield the records of a file, dictionaries where all is well.

    Raises:
        DatasetRefused: `missing_columns` for a CSV file without a usable header.
    """
    with path.open("rb") as handle:
        handle.seek(sniffed.start)
        if sniffed.container == "jsonl":
            yield from _jsonl(handle, limits)
        elif sniffed.container == "json":
            yield from _json(handle, limits)
        else:
            yield from Table(handle, sniffed.delimiter, limits).records()


def _jsonl(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    for number, line in numbered_lines(handle, limits):
        if line is None:
            yield Read(number, too_long(limits))
        elif line.strip():
            yield Read(number, parse(line, limits))


def parse(raw: bytes, limits: Limits) -> Any:
    """Parse one JSON value; return a RecordProblem where that fails. Never raises."""
    if b"\0" in raw:
        return RecordProblem(
            "null_bytes", f"null byte at position {raw.index(0) + 1}", "Remove the null bytes."
        )
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")  # files with a mark were joined
    except UnicodeDecodeError as error:
        return RecordProblem(
            "invalid_encoding",
            f"not UTF-8 at byte {error.start + 1} of the line",
            "Save the file as UTF-8.",
        )
    if _depth_exceeds(text, limits.max_depth):
        return _too_deep(limits)
    try:
        return json.loads(text, parse_constant=_constant, object_pairs_hook=_pairs)
    except RecordProblem as problem:
        return problem
    except RecursionError:
        return _too_deep(limits)
    except json.JSONDecodeError as error:
        return RecordProblem(
            "invalid_json",
            f"{error.msg} at position {error.pos + 1}",
            "Write one complete JSON object a line, with double quotes and no trailing commas.",
        )
    except ValueError as error:  # an integer of thousands of digits
        return RecordProblem("invalid_json", str(error).split(";")[0], "Shorten the number.")


def _too_deep(limits: Limits) -> RecordProblem:
    return RecordProblem(
        "too_deep",
        f"nested more than {limits.max_depth} levels deep",
        "A dialogue needs three levels: object, list of messages, message.",
    )


def _depth_exceeds(text: str, limit: int) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for found in _BRACKETS.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            if depth > limit:
                return True
        elif mark in "]}":
            depth -= 1
    return False


def _constant(name: str) -> Any:
    raise RecordProblem("invalid_json", f"{name} is not JSON", "Write null or a number.")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RecordProblem(
            "duplicate_key", f"the key {twice!r:.60} stands twice", "Keep one of the two."
        )
    return result


def _json(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    """Split a JSON list, or JSON values one after the other, into elements."""
    element = bytearray()
    depth = 0  # brackets open inside the current element
    line = start = 1
    in_string = escaped = over = in_list = opened = False

    def finished() -> Read | None:
        nonlocal over
        raw, was_over = bytes(element).strip(), over
        element.clear()
        over = False
        if was_over:
            return Read(start, too_long(limits))
        return Read(start, parse(raw, limits)) if raw else None

    def keep(piece: bytes) -> None:
        nonlocal over
        if len(element) + len(piece) > limits.max_line_bytes:
            over = True
            element.clear()
        elif not over:
            element.extend(piece)

    while chunk := handle.read(CHUNK):
        position = 0
        for found in _STRUCTURE.finditer(chunk):
            at, mark = found.start(), found[0]
            if escaped and at == position and not chunk[position:at]:
                keep(mark)
                escaped, position = False, at + 1
                line += mark == b"\n"
                continue
            piece = chunk[position:at]
            if not element and not over:
                piece = piece.lstrip()
                if piece:
                    start = line
            if piece:
                escaped = False
                keep(piece)
            position = at + 1
            if mark == b"\n":
                line += 1
                keep(mark)
            elif in_string:
                keep(mark)
                if mark == b'"':
                    in_string = False
                elif mark == b"\\":
                    escaped = True
            elif mark == b'"':
                start = start if element.strip() or over else line
                in_string = True
                keep(mark)
            elif mark in b"[{":
                if mark == b"[" and depth == 0 and not opened and not element.strip():
                    in_list = opened = True
                    element.clear()
                    continue
                start = start if element.strip() or over else line
                opened = True
                depth += 1
                keep(mark)
            elif mark in b"]}":
                if depth == 0 and mark == b"]" and in_list:
                    in_list = False
                    if (read := finished()) is not None:
                        yield read
                    continue
                depth = max(0, depth - 1)
                keep(mark)
                if depth == 0 and not in_list and (read := finished()) is not None:
                    yield read
            elif mark == b"," and depth == 0 and in_list:
                if (read := finished()) is not None:
                    yield read
            else:
                keep(mark)
        rest = chunk[position:]
        if rest:
            escaped = False
            if not element.strip() and not over:
                element.clear()
                start = line
                rest = rest.lstrip()
            keep(rest)
    if over or element.strip():
        yield Read(
            start,
            too_long(limits)
            if over
            else RecordProblem(
                "invalid_json", "the JSON ends in the middle", "Upload the complete file."
            )
            if depth or in_string
            else parse(bytes(element).strip(), limits),
        )
