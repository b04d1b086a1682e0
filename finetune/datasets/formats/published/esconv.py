"""ESConv as published: a seeker's and a supporter's utterances, several in a row by one of them."""

from __future__ import annotations

from typing import Any

from ..form import Columns, Format, Message, Record
from ..turns import SYSTEM_KEYS, merged, turns, with_system
from ..writing import apart, beside, plain, without_blank_ends, without_neighbours

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


def _write(messages: list[Message]) -> Record:
    system, spoken = apart("ESConv", messages)
    without_blank_ends("ESConv", spoken)
    without_neighbours("ESConv", spoken)
    names = {"user": "usr", "assistant": "sys"}
    turns = [
        {"speaker": names[one.pop("role")], "text": one.pop("content"), **one}
        for one in map(plain, spoken)
    ]
    return {"dialog": turns, **beside(system)}


ESCONV = Format(
    "esconv",
    "ESConv",
    '{"dialog": [{"speaker": "usr", "text": "..."}, ...]}',
    lambda record: "dialog" in record,
    _convert,
    ("dialog", *SYSTEM_KEYS),
    ("speaker", "text", "content", "weight"),
    write=_write,
    recognised="`dialog` as a list",
    notes="as published; several turns of one side in a row become one",
)
