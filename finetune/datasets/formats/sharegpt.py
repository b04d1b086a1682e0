"""ShareGPT: who and what in each turn, under `conversations` or `conversation`.

There is no definition: these are the names in use by data sets and by the trainers that read them.
"""

from __future__ import annotations

from typing import Any

from .form import Columns, Format, Message, Record
from .turns import SYSTEM_KEYS, turns, with_system
from .writing import plain

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
    key = next((name for name in KEYS if name in record), KEYS[0])
    return with_system(record, turns(record, key, ("from", "role"), ("value", "content"), ROLES))


def _write(messages: list[Message]) -> Record:
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
    lambda record: any(name in record for name in KEYS),
    _convert,
    (*KEYS, *SYSTEM_KEYS),
    ("from", "role", "value", "content", "weight"),
    write=_write,
    recognised="`conversations` or `conversation`",
    notes="or `role` and `content`; some twenty names of either side in use",
)
