"""Word problems from files, in the forms in which they are published, and as dialogues.

| form | fields |
|---|---|
| GSM8K, one a line | `question`, `answer` that ends with `#### 42` |
| LLM-Adapters' AddSub, MultiArith and others, a JSON list or one a line | `instruction`, `answer` |
| ours, one a line | `messages`: the first user turn, and the reply behind it |

Knows nothing of models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from finetune.files import json_lines
from finetune.training.exceptions import BadData

from .answers import answer_of


@dataclass(frozen=True)
class Problem:
    """A problem.

    Attributes:
        line: number of its line, or its place in a list, from 1.
        question: in words.
        answer: the number that is right; None where the file has none.
        solution: in words, as the file has it.
    """

    line: int
    question: str
    answer: Decimal | None
    solution: str


def problems_read(path: Path) -> list[Problem]:
    """Read a file of problems.

    Raises:
        BadData: it cannot be read, is of no form that is known, or a line of it is not.
    """
    problems = [_problem(path, number, row) for number, row in _rows(path)]
    if not problems:
        raise BadData(f"{path} holds no problem.")
    return problems


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read: {error}") from error
    try:
        if text.lstrip().startswith("["):
            yield from enumerate(json.loads(text), start=1)
            return
        for number, line in enumerate(json_lines(text), start=1):
            if line.strip():
                yield number, json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadData(f"{path} is not JSON: {error}") from error


def _problem(path: Path, number: int, row: Any) -> Problem:
    try:
        question, solution, answer = _parts(row)
    except (KeyError, TypeError, IndexError, AttributeError):
        raise BadData(
            f"{path}, line {number}: no problem. Known are question and answer (GSM8K), "
            "instruction and answer (LLM-Adapters), and messages"
        ) from None
    return Problem(number, question, answer_of(answer), solution)


def _parts(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return question, solution, and the text that holds the answer."""
    if "messages" in row:
        turns = [item for item in row["messages"] if item["role"] != "system"]
        return turns[0]["content"].strip(), turns[1]["content"].strip(), turns[1]["content"]
    if "question" in row:
        return row["question"].strip(), str(row["answer"]).strip(), str(row["answer"])
    more = str(row.get("input") or "").strip()
    question = f"{row['instruction'].strip()}\n{more}".strip()
    solution = str(row.get("output") or row["answer"]).strip().removeprefix("A:").strip()
    return question, solution, str(row["answer"])


def training_texts(path: Path) -> list[tuple[int, str]]:
    """Return every text of a training file that may be a problem's question, with its line.

    Raises:
        BadData: it cannot be read.
    """
    texts: list[tuple[int, str]] = []
    for number, row in _rows(path):
        if isinstance(row, Mapping) and isinstance(row.get("messages"), list):
            asked = [item for item in row["messages"] if isinstance(item, Mapping)]
            texts += [(number, str(one.get("content"))) for one in asked if _asks(one)]
        elif isinstance(row, Mapping):
            named = ("question", "instruction", "prompt", "problem")
            texts += [(number, str(row[name])) for name in named if row.get(name)]
    return texts


def _asks(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "user"
