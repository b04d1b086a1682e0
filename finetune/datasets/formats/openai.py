"""OpenAI's messages, one dialogue a line; and the lines of its batch files, which hold them.

Source: OpenAI's API reference, "Fine-tuning: chat format" and "Batch: request input object".
"""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from .form import Columns, Format, Record
from .turns import SYSTEM_KEYS, turn_list, with_system

TURN_KEYS = ("role", "content", "weight")


def _messages(record: Record, columns: Columns) -> list[Any]:
    return with_system(record, turn_list(record, "messages"))


def _is_batch(record: Record) -> bool:
    body = record.get("body")
    return isinstance(body, dict) and "messages" in body


def _batch(record: Record, columns: Columns) -> list[Any]:
    """What was asked, and what was answered where the line has that too."""
    if not _is_batch(record):
        raise RecordProblem(
            "missing_messages_list", "no messages under 'body'", 'Write {"body": {"messages": …}}.'
        )
    messages = turn_list(record["body"], "messages")
    response = record.get("response")
    body = response.get("body") if isinstance(response, dict) else None
    choices = body.get("choices") if isinstance(body, dict) else None
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return [*messages, choices[0].get("message")]
    return messages


MESSAGES = Format(
    "openai",
    "OpenAI messages",
    '{"messages": [{"role": "user", "content": "..."}, ...]}',
    lambda record: "messages" in record,
    _messages,
    ("messages", *SYSTEM_KEYS),  # and, in our own form, what `beside` takes
    TURN_KEYS,
)
BATCH = Format(
    "openai_batch",
    "OpenAI Batch",
    '{"custom_id": "...", "body": {"messages": [...]}, "response": {"body": {"choices": [...]}}}',
    _is_batch,
    _batch,
    ("body", "response", "custom_id", "method", "url"),
)
