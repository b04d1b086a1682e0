"""OpenAI's messages, one dialogue a line; and the lines of its batch files, which hold them.

Source: OpenAI's API reference, "Fine-tuning: chat format" and "Batch: request input object".
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from ..calls import CALL_KEYS
from ..form import Columns, Format, Message, Record
from ..turns import SYSTEM_KEYS, turn_list, with_system
from ..writing import plain

TURN_KEYS = ("role", "content", "weight", *CALL_KEYS, "function_call")  # and a result's name


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


def _write(messages: list[Message]) -> Record:
    return {"messages": [plain(message) for message in messages]}


def _write_batch(messages: list[Message]) -> Record:
    """Every turn in the request, but the last reply in the response."""
    turns = [plain(message) for message in messages]
    mark = hashlib.sha256(json.dumps(turns).encode()).hexdigest()[:12]
    line: Record = {
        "custom_id": f"dialogue-{mark}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"messages": turns},
    }
    if len(turns) > 1 and turns[-1]["role"] == "assistant":
        line["body"]["messages"] = turns[:-1]
        line["response"] = {"body": {"choices": [{"index": 0, "message": turns[-1]}]}}
    return line


MESSAGES = Format(
    "openai",
    "OpenAI messages",
    '{"messages": [{"role": "user", "content": "..."}, ...]}',
    lambda record: "messages" in record,
    _messages,
    ("messages", *SYSTEM_KEYS),  # and, in our own form, what `beside` takes
    TURN_KEYS,
    write=_write,
    recognised="`messages`",
    notes="the list may be written as JSON in a text; calls of tools and their results, and "
    "`tools` beside the messages, are kept",
    tools=True,
)
BATCH = Format(
    "openai_batch",
    "OpenAI Batch",
    '{"custom_id": "...", "body": {"messages": [...]}, "response": {"body": {"choices": [...]}}}',
    _is_batch,
    _batch,
    ("body", "response", "custom_id", "method", "url"),
    write=_write_batch,
    recognised="`body.messages`",
    notes="with `response` where it was answered (the first choice); calls of tools as in "
    "`openai`, and `tools` in `body`",
    tools=True,
    tools_under="body",
)
