"""CPsyCoun's evaluation form: each turn one text that begins with its speaker."""

from __future__ import annotations

import re
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from ..form import Columns, Format, Message, Record
from ..turns import SYSTEM_KEYS, merged, turn_list, with_system
from ..writing import (
    apart,
    beside,
    without_blank_ends,
    without_neighbours,
    without_weights,
)

SPEAKERS = {
    "求助者": "user",
    "来访者": "user",
    "支持者": "assistant",
    "心理咨询师": "assistant",
}
_TURN = re.compile(r"\s*([^:：]*?)\s*[:：](.*)", re.DOTALL)


def _matches(record: Record) -> bool:
    turns = record.get("data")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], str)
        and (match := _TURN.match(turns[0])) is not None
        and match[1] in SPEAKERS
    )


def _convert(record: Record, columns: Columns) -> list[Any]:
    if "messages" in record:
        return with_system(record, merged(turn_list(record, "messages")))
    messages = []
    for index, turn in enumerate(turn_list(record, "data"), 1):
        if not isinstance(turn, str):
            raise RecordProblem("data_type", f"turn {index} is not text", "Write turns as text.")
        match = _TURN.match(turn)
        role = SPEAKERS.get(match[1]) if match else None
        if match is None or role is None:
            raise RecordProblem(
                "unrecognized_role",
                f"turn {index} starts with {turn[:12]!r}",
                f"Start each turn with one of: {'：, '.join(SPEAKERS)}：",
            )
        messages.append({"role": role, "content": match[2].strip()})
    return with_system(record, merged(messages))


def _write(messages: list[Message]) -> Record:
    system, spoken = apart("CPsyCoun", messages)
    without_weights("CPsyCoun", spoken)
    without_blank_ends("CPsyCoun", spoken)
    without_neighbours("CPsyCoun", spoken)
    names = {"user": "求助者", "assistant": "支持者"}
    return {"data": [f"{names[one['role']]}：{one['content']}" for one in spoken], **beside(system)}


CPSYCOUN = Format(
    "cpsycoun",
    "CPsyCoun",
    '{"data": ["求助者：...", "支持者：..."]}',
    _matches,
    _convert,
    ("data", "messages", *SYSTEM_KEYS),
    ("role", "content", "weight"),
    write=_write,
    recognised="the speakers' words",
    notes="the evaluation form; CPsyCounD as messages is `openai`",
)
