"""One JSON value, or the problem that it has. Knows nothing of files."""

from __future__ import annotations

import json
import re
from typing import Any

from finetune.datasets.reading.encodings import not_utf8
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits

# A string counts whole, one without an end up to the end of the text: every character is read once.
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse(raw: bytes, limits: Limits) -> Any:
    """Parse one JSON value; return a RecordProblem where that fails. Never raises."""
    if b"\0" in raw:
        return RecordProblem(
            "null_bytes", f"null byte at position {raw.index(0) + 1}", "Remove the null bytes."
        )
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")  # files with a mark were joined
    except UnicodeDecodeError as error:
        letter = len(raw[: error.start].decode("utf-8")) + 1
        return not_utf8(f"at byte {error.start + 1}, character {letter}, of the line")
    if _depth_exceeds(text, limits.max_depth):
        return _too_deep(limits)
    try:
        return (json.loads if text.startswith("\ufeff") else _DECODER.decode)(text)
    except RecordProblem as problem:
        return problem
    except RecursionError:
        return _too_deep(limits)
    except json.JSONDecodeError as error:
        if text.lstrip("[ \n\t").startswith("{'"):
            reason = "it is written as Python prints it, in single quotes"
            return RecordProblem("invalid_json", reason, "Write it with json.dumps.")
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
    for mark in _BRACKETS.findall(text):
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


_DECODER = json.JSONDecoder(parse_constant=_constant, object_pairs_hook=_pairs)
