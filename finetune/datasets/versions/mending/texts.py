"""A record that is no JSON, brought to JSON without losing a letter of it."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.limits import Limits

LONGEST = 1 << 17  # bytes; a longer line is not worth the time that guessing takes
_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENTS = re.compile(rf"({_STRING})|/\*.*?\*/|//[^\n]*", re.DOTALL)
_CONSTANTS = re.compile(
    rf"({_STRING})|\b(?:(NaN|Infinity|None|undefined)|(True)|(False))\b", re.DOTALL
)
_ESCAPED = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([nrtbf])|(["\\/\']))')
_HIGH = re.compile(rb"[\x80-\xff]+")
_ENDS = ("}", "]", '"', "'", "”", "’", ",", ";")


def mended_text(raw: bytes, limits: Limits) -> tuple[Any, str, list[str]] | None:
    """Return the record, the text that its bytes are, and what was done; None where in doubt."""
    if len(raw) > LONGEST:
        return None
    done = []
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
        done.append("null_bytes")
    found = decoded(raw)
    if found is None:
        return None
    text, encoding = found
    if encoding != "utf-8":
        done.append(encoding)
    text = text.strip().removeprefix("\ufeff")
    value = parse(text.encode("utf-8", "surrogatepass"), limits)
    if not isinstance(value, RecordProblem):
        return (value, text, done) if done else None
    if value.check not in ("invalid_json", "duplicate_key"):
        return None
    value = _same_twice(text) if value.check == "duplicate_key" else _repaired(text, limits)
    return None if value is None else (value, text, [*done, "json"])


def decoded(raw: bytes) -> tuple[str, str] | None:
    """The text of bytes and their encoding: UTF-8, else Chinese or Western European Windows."""
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    runs = _HIGH.findall(raw)
    partly = raw.decode("utf-8", "ignore")
    if any(ord(letter) > 0x7FF for letter in partly) and not _pairs(runs):
        return None  # some of it is UTF-8: the file was cut or mixed
    encoding = "gb18030" if _pairs(runs) else "cp1252"
    try:
        return raw.decode(encoding), encoding
    except UnicodeDecodeError:
        return None


def _pairs(runs: list[bytes]) -> bool:
    """Whether bytes above ASCII stand in pairs as those of Chinese signs do (GB 2312)."""
    return all(len(run) % 2 == 0 and all(byte >= 0xA1 for byte in run) for run in runs)


def _repaired(text: str, limits: Limits) -> Any:
    """The one object that a text with slips was meant to be; None where in doubt."""
    plain = _COMMENTS.sub(lambda match: match[1] or " ", text).strip()
    if not plain.startswith(("{", "[")) or not plain.endswith(_ENDS):
        return None  # cut off in the middle of a text
    value = _python(text)
    if value is None:
        from json_repair import loads

        plain = _CONSTANTS.sub(_constant, plain)
        try:
            value = loads(plain, skip_json_loads=True)
        except (ValueError, RecursionError):
            return None
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return None
    again = parse(written.encode("utf-8", "surrogatepass"), limits)
    if isinstance(again, RecordProblem):
        return None
    whole = _letters(_CONSTANTS.sub(_constant, plain)) == _letters(written)
    return again if whole and _keys_stand(again, text) else None


def _python(text: str) -> Any:
    """What a Python literal holds, as `repr` writes it; None for anything else."""
    if "'" not in text:
        return None
    try:
        with warnings.catch_warnings():  # of escapes that Python does not know
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _constant(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    return "null" if match[2] else "true" if match[3] else "false"


def _letters(text: str) -> str:
    """Letters and digits in their order, whatever way they are escaped."""

    def plain(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else " "

    joined = _ESCAPED.sub(plain, text).encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return "".join(letter for letter in joined if letter.isalnum())


def _keys_stand(value: Any, text: str) -> bool:
    """Whether every key of a repaired value was followed by a colon: else words became keys."""
    if isinstance(value, dict):
        return all(
            re.search(rf"{re.escape(key)}\s*[\"'”’]?\s*:", text) and _keys_stand(one, text)
            for key, one in value.items()
        )
    return not isinstance(value, list) or all(_keys_stand(one, text) for one in value)


def _same_twice(text: str) -> Any:
    """An object in which keys stand twice with the same value; None where the values differ."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in found:
            if key in result and result[key] != value:
                raise ValueError(key)
            result[key] = value
        return result

    try:
        return json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return None
