"""Telegram's `result.json`: one chat with its messages, whose texts may stand in parts.

Source: Telegram Desktop, "Export chat history" in the format "Machine-readable JSON".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.texts.sessions import Sent, sessions


def is_telegram(element: Any) -> bool:
    """Whether an element of a list under `messages` is one of Telegram's."""
    return (
        isinstance(element, dict)
        and element.get("type") in ("message", "service")
        and "date" in element
        and ("from_id" in element or "actor_id" in element or "from" in element)
    )


def chat(elements: Iterable[Read], limits: Limits) -> Iterator[Read]:
    """Yield the chat's sessions."""
    yield from sessions(map(_sent, elements), limits)


def _sent(read: Read) -> Sent | Read:
    one = read.value
    if isinstance(one, RecordProblem):
        return read
    try:
        at = datetime.fromisoformat(one["date"]).replace(tzinfo=None)
        who = one.get("from") or one.get("actor") or str(one.get("from_id") or "")
        words = _text(one["text"]) if one.get("type") == "message" else ""
    except (KeyError, TypeError, ValueError, AttributeError):
        return Read(
            read.line,
            RecordProblem(
                "data_type", "no message of Telegram's", "Export the chat again, unchanged."
            ),
        )
    return Sent(read.line, at, str(who), words)


def _text(text: Any) -> str:
    parts = text if isinstance(text, list) else [text]
    return "".join(part if isinstance(part, str) else str(part["text"]) for part in parts)
