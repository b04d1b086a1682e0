"""What several forms share: lists of turns, system texts beside them, neighbours of one role."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.visibility import is_visible

from .form import Record

SYSTEM_KEYS = ("system", "system_prompt")
CALLS = ("tool_calls", "function_call")
EMPTY: tuple[Any, ...] = (None, "", [], {})
NO_TOOLS = "Calls of tools are read in OpenAI's messages: write it so, or leave it out."


def turn_list(record: Record, key: str) -> list[Any]:
    """The list under a key, which may be written as JSON in a text.

    Raises:
        RecordProblem: there is none.
    """
    value = listed(record.get(key))
    if isinstance(value, str) and value.lstrip().startswith("["):
        by_python = value.lstrip("[ \n").startswith(("{'", "'"))
        raise RecordProblem(
            "invalid_json",
            f"the text under {key!r} begins like a JSON list and is none"
            + (": it is written as Python prints it, in single quotes" if by_python else ""),
            "Write it with json.dumps." if by_python else "Write the list itself, or its JSON.",
        )
    if not isinstance(value, list) or not value:
        keys = ", ".join(map(str, record))
        raise RecordProblem(
            "missing_messages_list",
            f"no list of messages under {key!r}" + (f", only {keys[:80]}" if keys else ""),
            f"Give the dialogue's turns as a list under {key!r}.",
        )
    return value


def listed(value: Any) -> Any:
    """A list that is written as JSON in a text, or by columns; anything else as it is.

    The hub's tables write turns by columns: `{"role": ["user", ...], "content": ["...", ...]}`.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, dict) and len(value) > 1:
        columns = list(value.values())
        if all(isinstance(one, list) and len(one) == len(columns[0]) for one in columns):
            return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
    return value


def is_list(value: Any) -> bool:
    """Whether a value is a list, or one written as JSON in a text or by columns."""
    if isinstance(value, str):
        return value.lstrip().startswith("[")
    return isinstance(listed(value), list)


def turns(
    record: Record,
    key: str,
    speaker: tuple[str, ...],
    words: tuple[str, ...],
    roles: Mapping[str, str],
) -> list[Any]:
    """Messages of a list of turns that are objects.

    Args:
        record: what holds the list.
        key: under which it stands.
        speaker: names of the key that says who speaks.
        words: names of the key that says what.
        roles: role of each speaker, whose names are in small letters.

    Raises:
        RecordProblem: a turn is no object, lacks something, or calls a tool.
    """
    messages: list[Any] = []
    for index, turn in enumerate(turn_list(record, key), 1):
        object_check(index, turn)
        if call := next((name for name in CALLS if turn.get(name) not in EMPTY), None):
            raise RecordProblem(
                "message_unrecognized_key", f"turn {index} calls a tool ({call!r})", NO_TOOLS
            )
        who = _given(index, turn, speaker, lambda name: role_of(name, roles) or name)
        what = _given(index, turn, words)
        if who is None or what is None:
            raise RecordProblem(
                "message_missing_key",
                f"turn {index} lacks {speaker[0] if who is None else words[0]!r}",
                f"Every turn needs {speaker[0]!r} and {words[0]!r}.",
            )
        message = {"role": role_known(index, turn[who], roles), "content": turn[what]}
        if turn.get("weight") is not None:
            message["weight"] = turn["weight"]
        messages.append(message)
    return messages


def role_of(name: Any, roles: Mapping[str, str]) -> str | None:
    """The role of a speaker, however the name is written; None for one that is not known."""
    return roles.get(name.strip().lower()) if isinstance(name, str) else None


def role_known(index: int, name: Any, roles: Mapping[str, str]) -> str:
    """The role of the one who speaks in a turn. Raises RecordProblem: that is not known."""
    role = role_of(name, roles)
    if role is None:
        raise RecordProblem(
            "unrecognized_role",
            f"turn {index} is by {str(name)[:40]!r}",
            f"Known here: {', '.join(roles)}.",
        )
    return role


def object_check(index: int, turn: Any) -> None:
    """Raises RecordProblem: a turn is no object."""
    if not isinstance(turn, dict):
        raise RecordProblem(
            "data_type", f"turn {index} is not an object", "Give each turn as an object."
        )


def _given(
    index: int,
    turn: dict[str, Any],
    names: tuple[str, ...],
    meaning: Callable[[Any], Any] = lambda value: value,
) -> str | None:
    """Which of the names of one thing a turn has; None where it has none.

    Raises:
        RecordProblem: it has two, and they mean different things.
    """
    there = [name for name in names if name in turn]
    filled = [name for name in there if turn[name] not in EMPTY]
    if any(meaning(turn[name]) != meaning(turn[filled[0]]) for name in filled):
        raise RecordProblem(
            "message_unrecognized_key",
            f"turn {index} has {' and '.join(map(repr, filled))}, which differ",
            "Keep one of them.",
        )
    return next(iter([*filled, *there]), None)


def joined(parts: list[Any], name: str) -> str:
    """An instruction or question and the text that it is about, with an empty line between."""
    if any(part is not None and not isinstance(part, str) for part in parts):
        raise RecordProblem("missing_content", f"{name} is not text", "Write it as text.")
    return "\n\n".join(part.strip() for part in parts if part and is_visible(part))


def with_system(record: Record, messages: list[Any]) -> list[Any]:
    """Put the record's own system text before its messages.

    Raises:
        RecordProblem: it is no text, or not the only one.
    """
    texts = []
    for key in SYSTEM_KEYS:
        text = record.get(key)
        if text in EMPTY:
            continue
        if not isinstance(text, str):
            raise RecordProblem("missing_content", f"{key!r} is not text", "Write it as text.")
        if is_visible(text):
            texts.append(text)
    if not texts:
        return messages
    first = messages[0] if messages and isinstance(messages[0], dict) else {}
    own = first.get("content") if first.get("role") in ("system", "developer") else None
    if len({*texts, *([own] if isinstance(own, str) else [])}) > 1:
        raise RecordProblem(
            "misplaced_system",
            "the dialogue has two system texts that differ",
            "Keep one: as the record's 'system' or as its first message.",
        )
    return messages if own is not None else [{"role": "system", "content": texts[0]}, *messages]


def merged(messages: list[Any]) -> list[Any]:
    """Join neighbouring turns of one role with a line break; what is no turn stays as it is, and
    so do turns of which only one is to be learned."""
    result: list[Any] = []
    for message in messages:
        if result and is_turn(message) and is_turn(result[-1]):
            before = result[-1]
            same = before["role"] == message["role"]
            if same and before.get("weight", 1) == message.get("weight", 1):
                result[-1] = {**before, "content": f"{before['content']}\n{message['content']}"}
                continue
        result.append(message)
    return result


def is_turn(message: Any) -> bool:
    """Whether it is an object with a role and a text."""
    return (
        isinstance(message, dict)
        and isinstance(message.get("role"), str)
        and isinstance(message.get("content"), str)
    )
