"""One JSON value, or the problem that it has. Knows nothing of files."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from finetune.datasets.reading.encodings import not_utf8
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.visibility import is_visible

# A string counts whole, one without an end up to the end of the text: every character is read once.
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
ENDS = ("\n", "\r\n", "")  # what mostly stands behind a record

# A dialogue as `json.dumps` writes it without `ensure_ascii`, up to its next text.
_TURN = r'\{"role": "(user|assistant|system)", "content": "'
_FIRST, _FURTHER = re.compile(r'\{"messages": \[' + _TURN), re.compile("}, " + _TURN)
_START = b'{"messages": [{"role": "'
_ESCAPES = re.compile(r"\\[u/]")  # it writes no other letters so than those that nobody sees
OWN_DEPTH = 3  # object, list of messages, message


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
        if text.startswith("{"):
            value, end = _DECODER.raw_decode(text)
            if text[end:] in ENDS:
                return value
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


def own_record(raw: bytes) -> tuple[dict[str, Any], str] | None:
    """A line that is, to the letter, as this site writes a dialogue: the record, and the line.

    None for every other line, bad ones among them: `parse` reads those. What is found has a system
    text first or none, a reply, and texts that can be seen without half a character pair: there is
    nothing to settle, nothing to say of it, and nothing to be written otherwise. It takes half the
    time of parsing and of looking at what came out.
    """
    if not raw.startswith(_START):
        return None
    try:
        text = raw.decode("utf-8")
        if _ESCAPES.search(text):
            return None
        messages: list[dict[str, str]] = []
        found, at, replied = _FIRST.match(text), 0, False
        while found is not None:
            role: str = found[1]
            content, at = scanstring(text, found.end())
            if not content or (not "!" <= content[0] <= "~" and not is_visible(content)):
                return None
            if role == "assistant":
                replied = True
            elif role == "system" and messages:
                return None
            messages.append({"role": role, "content": content})
            found = _FURTHER.match(text, at)
    except ValueError:  # a byte that is no UTF-8, or a text without an end
        return None
    return ({"messages": messages}, text) if replied and text[at:] == "}]}\n" else None


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
