"""Messages as people write them, brought to one text by a system, a user or an assistant.

What OpenAI's protocol allows and a trainer does not read: text in parts, the role `developer`,
refusals, keys that hold nothing, system messages behind the first turn. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finetune.datasets.formats.calls import CALL_KEYS, settled_calls
from finetune.datasets.formats.turns import CALLS, EMPTY, is_turn
from finetune.datasets.reading.exceptions import RecordProblem

MAY_BE_EMPTY = ("refusal", *CALL_KEYS, "function_call", "audio", "annotations", "name")
TEXTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
LATER_SYSTEM = RecordProblem(
    "later_system",
    "a system message stands behind the first turn; its text is put to what the person says there",
    "Take it out, if it is not to be learned behind.",
)


def settled(messages: list[Any]) -> tuple[list[Any], list[RecordProblem]]:
    """Return the messages, and what is to be said of it.

    What is no message stays as it is: the checks say what is wrong with it.

    Raises:
        RecordProblem: a message holds something that is not text.
    """
    plain = [
        _plain(index, message) if isinstance(message, dict) else message
        for index, message in enumerate(messages, 1)
    ]
    if not any(_is_system(message) for message in plain[1:]):
        return plain, []
    start = next((at for at, one in enumerate(plain) if not _is_system(one)), len(plain))
    if any(not isinstance(one["content"], str) for one in plain if _is_system(one)):
        return plain, []
    first = [{"role": "system", "content": _together(plain[:start])}] if start else []
    later = any(_is_system(message) for message in plain[start:])
    return [*first, *_spoken(plain[start:])], [LATER_SYSTEM] if later else []


def _plain(index: int, message: dict[str, Any]) -> dict[str, Any]:
    """A message with one text, without keys that hold nothing."""
    kept = {
        key: value
        for key, value in message.items()
        if key not in MAY_BE_EMPTY or value not in EMPTY
    }
    if kept.get("role") == "developer":
        kept["role"] = "system"
    if kept.get("role") == "function" or not kept.keys().isdisjoint(CALLS):
        kept = settled_calls(kept)
    refusal = kept.get("refusal")
    if isinstance(refusal, str) and kept.get("content") in EMPTY:
        kept["content"] = kept.pop("refusal")
    if isinstance(kept.get("content"), list) and kept["content"]:
        kept["content"] = "".join(_texts(index, kept["content"]))
    return kept


def _texts(index: int, parts: list[Any]) -> Iterator[str]:
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        text = part.get(TEXTS.get(kind, "")) if isinstance(kind, str) else part
        if not isinstance(text, str):
            raise RecordProblem(
                "missing_content",
                f"message {index} holds something that is not text ({str(kind)[:40]!r})",
                "Only text is trained: leave the dialogue out, or write what it says.",
            )
        yield text


def _is_system(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "system" and "content" in message


def _together(systems: list[Any]) -> str:
    """Texts of system messages that follow each other, each once."""
    return "\n\n".join(dict.fromkeys(message["content"] for message in systems))


def _spoken(messages: list[Any]) -> list[Any]:
    """Turns without system messages: their texts stand in the person's turn behind or before."""
    spoken: list[Any] = []
    waiting: list[Any] = []
    for message in messages:
        if _is_system(message):
            waiting.append(message)
            continue
        if waiting:
            text, waiting = _together(waiting), []
            if _is_theirs(message):
                message = {**message, "content": f"{text}\n\n{message['content']}"}
            elif spoken and _is_theirs(spoken[-1]):
                spoken[-1] = {**spoken[-1], "content": f"{spoken[-1]['content']}\n\n{text}"}
            else:
                spoken.append({"role": "user", "content": text})
        spoken.append(message)
    return spoken


def _is_theirs(message: Any) -> bool:
    return is_turn(message) and message["role"] == "user"
