"""The forms dialogues come in: one dict of formats, each recognising and converting a record.

Adding one is a function in `converting` and a line in `FORMATS`. Knows nothing of files: it gets
records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from finetune.datasets.doctor import converting
from finetune.datasets.doctor.converting import EMPTY, MAPPING_KEYS, SYSTEM_KEYS, Columns
from finetune.datasets.reading.columns import known_columns
from finetune.datasets.reading.exceptions import DatasetRefused

__all__ = ["FORMATS", "MAPPING_KEYS", "Format", "detect", "get_format", "known_columns", "unused"]

Converter = Callable[[dict[str, Any], Columns], list[Any]]


@dataclass(frozen=True)
class Format:
    """One form of dialogue.

    Attributes:
        name: key in `FORMATS`.
        title: what people call it.
        help: an example in one line.
        matches: whether a record looks like this form.
        convert: record and column mapping -> messages, not checked yet.
        keys: keys of a record that its messages are made of; those of a table are its mapping's.
        turn_keys: keys of a turn that its message is made of, where turns are objects.
    """

    name: str
    title: str
    help: str
    matches: Callable[[dict[str, Any]], bool]
    convert: Converter
    keys: tuple[str, ...] = ()
    turn_keys: tuple[str, ...] = ()


def _looks_cpsycoun(record: dict[str, Any]) -> bool:
    turns = record.get("data")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], str)
        and (
            turns[0].replace(":", "：", 1).partition("：")[0].strip()
            in converting.CPSYCOUN_SPEAKERS
        )
    )


_ALL = (
    Format(
        "openai",
        "OpenAI messages",
        '{"messages": [{"role": "user", "content": "..."}, ...]}',
        lambda record: "messages" in record,
        converting.openai,
        ("messages", *SYSTEM_KEYS),
        ("role", "content", "weight"),
    ),
    Format(
        "sharegpt",
        "ShareGPT",
        '{"conversations": [{"from": "human", "value": "..."}, ...]}',
        lambda record: "conversations" in record,
        converting.sharegpt,
        ("conversations", *SYSTEM_KEYS),
        ("from", "role", "value", "content", "weight"),
    ),
    Format(
        "esconv",
        "ESConv",
        '{"dialog": [{"speaker": "usr", "text": "..."}, ...]}',
        lambda record: "dialog" in record,
        converting.esconv,
        ("dialog", *SYSTEM_KEYS),
        ("speaker", "text", "content", "weight"),
    ),
    Format(
        "cpsycoun",
        "CPsyCoun",
        '{"data": ["求助者：...", "支持者：..."]}',
        _looks_cpsycoun,
        converting.cpsycoun,
        ("data", "messages", *SYSTEM_KEYS),
        ("role", "content", "weight"),
    ),
    Format(
        "alpaca",
        "Alpaca",
        '{"instruction": "...", "input": "", "output": "...", "history": [["...", "..."]]}',
        lambda record: "instruction" in record and "output" in record,
        converting.alpaca,
        ("instruction", "input", "context", "output", "history", *SYSTEM_KEYS),
    ),
    Format(
        "table",
        "Table with columns",
        'CSV or JSON with a mapping {"user": "question", "assistant": "answer"}',
        lambda record: known_columns(record) is not None,
        converting.table,
    ),
)
FORMATS: dict[str, Format] = {form.name: form for form in _ALL}


def get_format(name: str) -> Format:
    """Return a format by name. Raises DatasetRefused, code `unknown_format`, listing them."""
    if name not in FORMATS:
        raise DatasetRefused(
            "unknown_format", f"There is no format {name!r}.", f"Known: {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def detect(record: dict[str, Any]) -> Format | None:
    """Return the format a record looks like, or None."""
    return next((form for form in FORMATS.values() if form.matches(record)), None)


def unused(form: Format, record: Mapping[str, Any], columns: Columns) -> Iterator[str]:
    """Yield the keys of a record, and of its turns as `list[].key`, that no message is made of.

    One that holds nothing is not worth a word.
    """
    used = {*form.keys, *(columns.values() if form.name == "table" else ())}
    for key, value in record.items():
        blank = isinstance(value, str) and not value.strip()
        if key not in used and not blank and value not in EMPTY:
            yield key
    for name in form.keys if form.turn_keys else ():
        turns = record.get(name)
        if not isinstance(turns, list):
            continue
        objects = [turn for turn in turns if isinstance(turn, dict)]
        for key in dict.fromkeys(key for turn in objects for key in turn):
            if key not in form.turn_keys and any(turn.get(key) not in EMPTY for turn in objects):
                yield f"{name}[].{key}"
