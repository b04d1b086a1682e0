"""Alpaca: an instruction, what it is about, the reply, and the turns before them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from .form import Columns, Format, Message, Record
from .turns import EMPTY, SYSTEM_KEYS, joined, with_system
from .writing import apart, beside, exchanges, without_blank_ends, without_weights


def _convert(record: Record, columns: Columns) -> list[Any]:
    if "output" not in record:
        raise RecordProblem("message_missing_key", "no 'output'", "Give the reply as 'output'.")
    asked = [record.get(key) for key in ("instruction", "input", "context")]
    messages = [
        *_history(record.get("history")),
        {"role": "user", "content": joined(asked, "'instruction'")},
        {"role": "assistant", "content": record["output"]},
    ]
    return with_system(record, messages)


def _history(history: Any) -> list[Message]:
    """Earlier turns, pairs of question and answer, oldest first."""
    if history in EMPTY or (isinstance(history, str) and history.strip() in ("", "[]")):
        return []
    if isinstance(history, str) and history.lstrip().startswith("[["):  # a cell of a table
        with contextlib.suppress(ValueError, RecursionError):
            history = json.loads(history)
    messages: list[Message] = []
    for index, pair in enumerate(history if isinstance(history, list) else [history], 1):
        whole = isinstance(pair, list) and len(pair) == 2
        if not whole or not all(isinstance(words, str) for words in pair):
            raise RecordProblem(
                "data_type",
                f"entry {index} of 'history' is not a pair of texts",
                'Write "history": [["first question", "its answer"], ...].',
            )
        messages.append({"role": "user", "content": pair[0]})
        messages.append({"role": "assistant", "content": pair[1]})
    return messages


def _write(messages: list[Message]) -> Record:
    system, spoken = apart("Alpaca", messages)
    without_weights("Alpaca", spoken)
    pairs = exchanges("Alpaca", spoken)
    asked, reply = pairs[-1]
    without_blank_ends("Alpaca", [asked])
    history = [[question["content"], answer["content"]] for question, answer in pairs[:-1]]
    record: Record = {"instruction": asked["content"], "input": "", "output": reply["content"]}
    return {**record, **beside(system), **({"history": history} if history else {})}


ALPACA = Format(
    "alpaca",
    "Alpaca",
    '{"instruction": "...", "input": "", "output": "...", "history": [["...", "..."]]}',
    lambda record: "instruction" in record and "output" in record,
    _convert,
    ("instruction", "input", "context", "output", "history", *SYSTEM_KEYS),
    write=_write,
    recognised="`instruction` and `output`",
    notes="the history becomes turns, `input` (or `context`) stands below the instruction",
)
