"""Alpaca: an instruction, what it is about, the reply, and the turns before them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from .form import Columns, Format, Message, Record
from .turns import EMPTY, SYSTEM_KEYS, joined, with_system
from .writing import apart, beside, exchanges, without_blank_ends, without_weights

SIDES = (("instruction", "output"), ("query", "response"), ("prompt", "response"))


def _convert(record: Record, columns: Columns) -> list[Any]:
    question, reply = _sides(record)
    if reply not in record:
        raise RecordProblem("message_missing_key", f"no {reply!r}", f"Give the reply as {reply!r}.")
    asked = [record.get(key) for key in (question, "input", "context")]
    messages = [
        *_history(record.get("history")),
        {"role": "user", "content": joined(asked, repr(question))},
        {"role": "assistant", "content": record[reply]},
    ]
    return with_system(record, messages)


def _sides(record: Record) -> tuple[str, str]:
    """The keys of the question and the reply; ChatGLM's and ms-swift's where a history is."""
    if "history" in record and not ("instruction" in record and "output" in record):
        return next((pair for pair in SIDES if all(name in record for name in pair)), SIDES[0])
    return SIDES[0]


def _matches(record: Record) -> bool:
    return all(name in record for name in _sides(record))


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
    _matches,
    _convert,
    ("input", "context", "history", *SYSTEM_KEYS),
    write=_write,
    recognised="`instruction` and `output`; beside `history` also `query` or `prompt`, `response`",
    notes="the history becomes turns, `input` (or `context`) stands below the instruction",
    sides=_sides,
)
