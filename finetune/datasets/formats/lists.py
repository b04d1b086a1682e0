"""Lists of turns under other names: turns of objects, exchanges, or plain texts in alternation."""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from .form import Columns, Format, Message, Record
from .sharegpt import ROLES
from .turns import EMPTY, SYSTEM_KEYS, is_list, listed, object_check, turn_list, turns, with_system
from .writing import (
    apart,
    beside,
    exchanges,
    plain,
    without_calls,
    without_neighbours,
    without_weights,
)

TURNS_KEYS = ("turns", "chat_messages", "utterances")
SPEAKERS = ("role", "speaker", "from", "sender", "author")
WORDS = ("content", "text", "value", "utterance")
LIST_KEYS = ("conversation", "conversations", "dialogue", "dialog", "turns", "data", "utterances")
SIDES = (
    *(("input", "output"), ("human", "assistant"), ("user", "assistant"), ("user", "bot")),
    *(
        ("question", "answer"),
        ("prompt", "response"),
        ("prompt", "completion"),
        ("query", "response"),
    ),
    ("instruction", "output"),
)


def _first(record: Record, keys: tuple[str, ...]) -> str:
    lists = (name for name in keys if is_list(record.get(name)))
    return next(lists, next((name for name in keys if name in record), keys[0]))


# Turns of objects


def _turns_key(record: Record) -> str:
    return _first(record, TURNS_KEYS)


def _turns_match(record: Record) -> bool:
    element = _element(record, TURNS_KEYS)
    return isinstance(element, dict) and any(name in element for name in SPEAKERS)


def _turns(record: Record, columns: Columns) -> list[Any]:
    return with_system(record, turns(record, _turns_key(record), SPEAKERS, WORDS, ROLES))


def _write_turns(messages: list[Message]) -> Record:
    without_calls("Turns", messages)
    return {"turns": [plain(message) for message in messages]}


# Exchanges


def _list_key(record: Record) -> str:
    return _first(record, LIST_KEYS)


def _element(record: Record, keys: tuple[str, ...]) -> Any:
    key = _first(record, keys)
    items = listed(record.get(key)) if is_list(record.get(key)) else None
    return items[0] if isinstance(items, list) and items else None


def _sides(element: Any) -> tuple[str, str] | None:
    if not isinstance(element, dict):
        return None
    return next((pair for pair in SIDES if all(name in element for name in pair)), None)


def _exchanges(record: Record, columns: Columns) -> list[Any]:
    messages: list[Any] = []
    for index, one in enumerate(turn_list(record, _list_key(record)), 1):
        object_check(index, one)
        sides = _sides(one)
        if sides is None:
            raise RecordProblem(
                "message_missing_key",
                f"exchange {index} lacks one of its sides",
                f"Every exchange needs both, such as {SIDES[0][0]!r} and {SIDES[0][1]!r}.",
            )
        if one.get("system") not in EMPTY:
            messages.append({"role": "system", "content": one["system"]})
        messages.append({"role": "user", "content": one[sides[0]]})
        messages.append({"role": "assistant", "content": one[sides[1]]})
    return with_system(record, messages)


def _write_exchanges(messages: list[Message]) -> Record:
    system, spoken = apart("XTuner", messages)
    without_weights("XTuner", spoken)
    pairs = [
        {"input": asked["content"], "output": reply["content"]}
        for asked, reply in exchanges("XTuner", spoken)
    ]
    pairs[0] = {**beside(system), **pairs[0]}
    return {"conversation": pairs}


# Plain texts


def _texts(record: Record, columns: Columns) -> list[Any]:
    messages = []
    for index, text in enumerate(turn_list(record, _list_key(record))):
        if not isinstance(text, str):
            raise RecordProblem(
                "data_type", f"turn {index + 1} is not text", "Write turns as text."
            )
        messages.append({"role": ("user", "assistant")[index % 2], "content": text})
    return with_system(record, messages)


def _write_texts(messages: list[Message]) -> Record:
    system, spoken = apart("A list of texts", messages)
    without_weights("A list of texts", spoken)
    without_neighbours("A list of texts", spoken)
    if spoken[-1]["role"] == "assistant":
        exchanges("A list of texts", spoken)
    else:
        exchanges("A list of texts", spoken[:-1])
    return {"data": [one["content"] for one in spoken], **beside(system)}


TURNS = Format(
    "turns",
    "Turns with their roles",
    '{"turns": [{"role": "user", "content": "..."}, ...]}',
    _turns_match,
    _turns,
    SYSTEM_KEYS,
    (*SPEAKERS, *WORDS, "weight"),
    write=_write_turns,
    recognised="`turns`, `chat_messages` (Claude's export) or `utterances` as a list of objects",
    notes="or `speaker`, `from`, `sender` and `text`, `value`",
    dialogue_key=_turns_key,
)
EXCHANGES = Format(
    "exchanges",
    "Exchanges",
    '{"conversation": [{"system": "...", "input": "...", "output": "..."}, ...]}',
    lambda record: _sides(_element(record, LIST_KEYS)) is not None,
    _exchanges,
    SYSTEM_KEYS,
    tuple(dict.fromkeys(("system", *(name for pair in SIDES for name in pair)))),
    write=_write_exchanges,
    recognised="a list of objects that hold both sides",
    notes="XTuner's; or `human` and `assistant`, `question` and `answer` and others",
    dialogue_key=_list_key,
)
TEXTS = Format(
    "alternating",
    "Texts in turn",
    '{"data": ["...", "...", ...]}',
    lambda record: isinstance(_element(record, LIST_KEYS), str),
    _texts,
    SYSTEM_KEYS,
    write=_write_texts,
    recognised="a list of texts under `data`, `dialog`, `conversation` or `utterances`",
    notes="UltraChat's; the first one is what the person says",
    dialogue_key=_list_key,
)
