"""TRL's conversational prompt and completion: two lists of messages, one behind the other.

Source: TRL's documentation, "Dataset formats and types". Both as plain text are a `table`.
"""

from __future__ import annotations

from typing import Any

from .calls import CALL_KEYS
from .form import Columns, Format, Message, Record
from .turns import SYSTEM_KEYS, turn_list, with_system
from .writing import CannotWrite, plain


def _is_list(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and value.lstrip().startswith("[{"))


def _convert(record: Record, columns: Columns) -> list[Any]:
    both = (turn_list(record, key) for key in ("prompt", "completion"))
    return with_system(record, [message for part in both for message in part])


def _write(messages: list[Message]) -> Record:
    """The prompt goes up to the first reply; whatever is learned stands in the completion."""
    turns = [plain(message) for message in messages]
    start = next((at for at, one in enumerate(turns) if one["role"] == "assistant"), 0)
    if not start:
        raise CannotWrite("TRL", "a dialogue that the assistant opens")
    return {"prompt": turns[:start], "completion": turns[start:]}


TRL = Format(
    "trl",
    "TRL",
    '{"prompt": [{"role": "user", "content": "..."}], "completion": [{"role": "assistant", ...}]}',
    lambda record: _is_list(record.get("prompt")) and "completion" in record,
    _convert,
    ("prompt", "completion", *SYSTEM_KEYS),
    ("role", "content", "weight", *CALL_KEYS, "function_call"),
    write=_write,
    recognised="`prompt` as a list, and `completion`",
    notes="both as plain text are a `table`; calls of tools and `tools` as in `openai`",
    tools=True,
)
