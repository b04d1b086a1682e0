"""A table, or records, with a column for each side of one exchange."""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.columns import known_columns
from finetune.datasets.reading.exceptions import RecordProblem

from .form import Columns, Format, Message, Record
from .turns import EMPTY, joined
from .writing import CannotWrite, apart, exchanges, without_weights

ROLES = ("system", "user", "assistant")
MAPPING_KEYS = (*ROLES, "context", "group", "person")


def _convert(record: Record, columns: Columns) -> list[Any]:
    messages = []
    for role in ROLES:
        column = columns.get(role)
        if column is None:
            continue
        value = record.get(column)
        if role == "system" and (value is None or (isinstance(value, str) and not value.strip())):
            continue
        if column not in record:
            raise RecordProblem(
                "message_missing_key", f"no {column!r}", f"Every record needs {column!r}."
            )
        if isinstance(value, list):
            raise RecordProblem(
                "missing_content",
                f"{column!r} is a list, not a text",
                "Give each record one text a column: a record for each row, not a list a column.",
            )
        context = record.get(columns.get("context", ""))
        if role == "user" and context not in EMPTY:
            value = joined([value, context], f"{column!r} or {columns['context']!r}")
        messages.append({"role": role, "content": value})
    return messages


def _write(messages: list[Message]) -> Record:
    system, spoken = apart("A table's row", messages)
    without_weights("A table's row", spoken)
    (asked, reply), *further = exchanges("A table's row", spoken)
    if further:
        raise CannotWrite("A table's row", "more than one exchange")
    return {"system": system or "", "user": asked["content"], "assistant": reply["content"]}


TABLE = Format(
    "table",
    "Table with columns",
    'CSV or JSON with a mapping {"user": "question", "assistant": "answer"}',
    lambda record: known_columns(record) is not None,
    _convert,
    write=_write,
    recognised="known column names (Dolly's `instruction`, `context` and `response` among them), "
    "or your mapping",
    notes="columns that you map: `user`, `assistant`, and where there are `system`, `context` (put "
    "below what the person says) and `group` (rows of one conversation)",
)
