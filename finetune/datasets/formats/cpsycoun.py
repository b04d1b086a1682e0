"""CPsyCoun's evaluation form: each turn one text that begins with its speaker."""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from .form import Columns, Format, Record
from .turns import SYSTEM_KEYS, merged, turn_list, with_system

SPEAKERS = {
    "求助者": "user",
    "来访者": "user",
    "支持者": "assistant",
    "心理咨询师": "assistant",
}


def _matches(record: Record) -> bool:
    turns = record.get("data")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], str)
        and turns[0].replace(":", "：", 1).partition("：")[0].strip() in SPEAKERS
    )


def _convert(record: Record, columns: Columns) -> list[Any]:
    if "messages" in record:
        return with_system(record, merged(turn_list(record, "messages")))
    messages = []
    for index, turn in enumerate(turn_list(record, "data"), 1):
        if not isinstance(turn, str):
            raise RecordProblem("data_type", f"turn {index} is not text", "Write turns as text.")
        speaker, mark, words = turn.replace(":", "：", 1).partition("：")
        role = SPEAKERS.get(speaker.strip())
        if role is None or not mark:
            raise RecordProblem(
                "unrecognized_role",
                f"turn {index} starts with {turn[:12]!r}",
                f"Start each turn with one of: {'：, '.join(SPEAKERS)}：",
            )
        messages.append({"role": role, "content": words.strip()})
    return with_system(record, merged(messages))


CPSYCOUN = Format(
    "cpsycoun",
    "CPsyCoun",
    '{"data": ["求助者：...", "支持者：..."]}',
    _matches,
    _convert,
    ("data", "messages", *SYSTEM_KEYS),
    ("role", "content", "weight"),
)
