"""Which column of a table is what, guessed from their names."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.limits import Limits

# Columns that hold a whole dialogue, in a table as JSON.
WHOLE_COLUMNS = ("messages", "conversations", "conversation")
ONE_COLUMN = (*WHOLE_COLUMNS, "text", "dialogue")  # a table of one of these alone
# Pairs that belong together, first match wins; then any question with any answer.
KNOWN_COLUMNS = (
    ("user", "assistant"),
    ("prompt", "completion"),
    ("prompt", "response"),
    ("question", "answer"),
    ("questionText", "answerText"),
    ("instruction", "output"),
    ("input", "output"),
    ("query", "response"),
)
QUESTIONS = ("question", "questionText", "prompt", "instruction", "query", "input")
ANSWERS = ("answer", "answerText", "response", "completion", "output")
CONTEXTS = ("context", "input")  # what a question is about; without one, "context" is the question
SYSTEMS = ("system", "system_prompt")


def known_columns(record: Mapping[str, Any]) -> dict[str, str] | None:
    """Guess the mapping of a table from its column names; None if none is known."""

    def is_text(column: str) -> bool:
        return record[column] is None or isinstance(record[column], str)

    by_name = {str(name).lower(): name for name in record}
    pairs = (*KNOWN_COLUMNS, *product(QUESTIONS, ANSWERS), ("context", "response"))
    for user, assistant in pairs:
        if user.lower() in by_name and assistant.lower() in by_name:
            mapping = {"user": by_name[user.lower()], "assistant": by_name[assistant.lower()]}
            for role, names in (("system", SYSTEMS), ("context", CONTEXTS)):
                column = next((by_name[name] for name in names if name in by_name), None)
                if column is not None and column not in mapping.values() and is_text(column):
                    mapping[role] = column
            return mapping
    return None


def with_lists(record: dict[str, Any], limits: Limits) -> Any:
    """Take the JSON of a whole dialogue in a cell apart; a problem where it is none."""
    for name in WHOLE_COLUMNS:
        text = record.get(name)
        if isinstance(text, str) and text.lstrip().startswith("["):
            value = parse(text.encode("utf-8", "surrogatepass"), limits)
            if isinstance(value, RecordProblem):
                reason = f"the text under {name!r} begins like a JSON list and is none"
                return RecordProblem(value.check, f"{reason}: {value.reason}", value.fix)
            record = {**record, name: value}
    return record
