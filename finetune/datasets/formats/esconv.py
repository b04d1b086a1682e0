"""ESConv as published: a seeker's and a supporter's utterances, several in a row by one of them."""

from __future__ import annotations

from typing import Any

from .form import Columns, Format, Record
from .turns import SYSTEM_KEYS, merged, turns, with_system

ROLES = {
    "usr": "user",
    "seeker": "user",
    "user": "user",
    "sys": "assistant",
    "supporter": "assistant",
    "assistant": "assistant",
}


def _convert(record: Record, columns: Columns) -> list[Any]:
    messages = turns(record, "dialog", ("speaker",), ("text", "content"), ROLES)
    for message in messages:
        if isinstance(message["content"], str):
            message["content"] = message["content"].strip()
    spoken = [message for message in messages if message["content"] != ""]
    return with_system(record, merged(spoken))


ESCONV = Format(
    "esconv",
    "ESConv",
    '{"dialog": [{"speaker": "usr", "text": "..."}, ...]}',
    lambda record: "dialog" in record,
    _convert,
    ("dialog", *SYSTEM_KEYS),
    ("speaker", "text", "content", "weight"),
)
