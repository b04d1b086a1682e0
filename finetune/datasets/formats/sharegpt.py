"""ShareGPT: who and what in each turn, under `conversations` or `conversation`.

There is no definition: these are the names in use by data sets and by the trainers that read them.
"""

from __future__ import annotations

from typing import Any

from .form import Columns, Format, Message, Record
from .turns import SYSTEM_KEYS, is_list, listed, turns, with_system
from .writing import plain, without_calls

KEYS = ("conversations", "conversation")
USERS = ("human", "user", "prompter", "person", "client", "patient", "customer", "seeker")
ASSISTANTS = (
    *("gpt", "assistant", "chatgpt", "bot", "chatbot", "model", "ai", "bing", "bard", "claude"),
    *("therapist", "counselor", "counsellor", "supporter", "agent"),
)
SYSTEMS = ("system", "developer")
ROLES = {
    **dict.fromkeys(USERS, "user"),
    **dict.fromkeys(ASSISTANTS, "assistant"),
    **dict.fromkeys(SYSTEMS, "system"),
}


def _convert(record: Record, columns: Columns) -> list[Any]:
    names = ("from", "role"), ("value", "content")
    return with_system(record, turns(record, _key(record), *names, ROLES))


def _matches(record: Record) -> bool:
    key = _key(record)
    turns = listed(record.get(key)) if is_list(record.get(key)) else None
    first = turns[0] if isinstance(turns, list) and turns else None
    return isinstance(first, dict) and any(name in first for name in ("from", "role", "value"))


def _key(record: Record) -> str:
    """Under which key the dialogue stands."""
    lists = (name for name in KEYS if is_list(record.get(name)))
    return next(lists, next((name for name in KEYS if name in record), KEYS[0]))


def _write(messages: list[Message]) -> Record:
    without_calls("ShareGPT", messages)
    names = {"system": "system", "user": "human", "assistant": "gpt"}
    return {
        "conversations": [
            {"from": names[one.pop("role")], "value": one.pop("content"), **one}
            for one in map(plain, messages)
        ]
    }


SHAREGPT = Format(
    "sharegpt",
    "ShareGPT",
    '{"conversations": [{"from": "human", "value": "..."}, ...]}',
    _matches,
    _convert,
    SYSTEM_KEYS,
    ("from", "role", "value", "content", "weight"),
    write=_write,
    recognised="`conversations` or `conversation` as a list",
    notes="or `role` and `content`; some twenty names of either side in use",
    dialogue_key=_key,
)
