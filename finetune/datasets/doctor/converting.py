"""From one record to messages: one function for each form that dialogues come in.

Each gets a record and, for tables, which column is what; it returns messages that are not checked
yet, and raises a `RecordProblem` rather than leave anything of them out. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finetune.datasets.doctor.visibility import is_visible
from finetune.datasets.reading.exceptions import RecordProblem

Message = dict[str, Any]
Columns = Mapping[str, str]

SHAREGPT_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "system": "system",
}
ESCONV_ROLES = {
    "usr": "user",
    "seeker": "user",
    "user": "user",
    "sys": "assistant",
    "supporter": "assistant",
    "assistant": "assistant",
}
CPSYCOUN_SPEAKERS = {
    "求助者": "user",
    "来访者": "user",
    "支持者": "assistant",
    "心理咨询师": "assistant",
}
MAPPED_ROLES = ("system", "user", "assistant")
MAPPING_KEYS = (*MAPPED_ROLES, "context", "group")
SYSTEM_KEYS = ("system", "system_prompt")
CALLS = ("tool_calls", "function_call")
EMPTY: tuple[Any, ...] = (None, "", [], {})
NO_TOOLS = "Tools are not trained here: write what the assistant should say, or leave it out."


def turn_list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    if not isinstance(value, list) or not value:
        keys = ", ".join(map(str, record))
        raise RecordProblem(
            "missing_messages_list",
            f"no list of messages under {key!r}" + (f", only {keys[:80]}" if keys else ""),
            f"Give the dialogue's turns as a list under {key!r}.",
        )
    return value


def _turns(
    record: dict[str, Any],
    key: str,
    speaker: tuple[str, ...],
    words: tuple[str, ...],
    roles: Mapping[str, str],
) -> list[Any]:
    messages: list[Any] = []
    for index, turn in enumerate(turn_list(record, key), 1):
        if not isinstance(turn, dict):
            raise RecordProblem(
                "data_type", f"turn {index} is not an object", "Give each turn as an object."
            )
        if call := next((name for name in CALLS if turn.get(name) not in EMPTY), None):
            raise RecordProblem(
                "message_unrecognized_key", f"turn {index} calls a tool ({call!r})", NO_TOOLS
            )
        who = _given(index, turn, speaker, lambda name: roles.get(str(name), name))
        what = _given(index, turn, words)
        if who is None or what is None:
            raise RecordProblem(
                "message_missing_key",
                f"turn {index} lacks {speaker[0] if who is None else words[0]!r}",
                f"Every turn needs {speaker[0]!r} and {words[0]!r}.",
            )
        role = roles.get(turn[who]) if isinstance(turn[who], str) else None
        if role is None:
            raise RecordProblem(
                "unrecognized_role",
                f"turn {index} is by {str(turn[who])[:40]!r}",
                f"Known here: {', '.join(roles)}.",
            )
        message = {"role": role, "content": turn[what]}
        if turn.get("weight") is not None:
            message["weight"] = turn["weight"]
        messages.append(message)
    return messages


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


def openai(record: dict[str, Any], columns: Columns) -> list[Any]:
    return with_system(record, turn_list(record, "messages"))


def sharegpt(record: dict[str, Any], columns: Columns) -> list[Any]:
    messages = _turns(
        record, "conversations", ("from", "role"), ("value", "content"), SHAREGPT_ROLES
    )
    return with_system(record, messages)


def alpaca(record: dict[str, Any], columns: Columns) -> list[Any]:
    if "output" not in record:
        raise RecordProblem("message_missing_key", "no 'output'", "Give the reply as 'output'.")
    asked = [record.get(key) for key in ("instruction", "input", "context")]
    messages = [
        *_history(record.get("history")),
        {"role": "user", "content": _joined(asked, "'instruction'")},
        {"role": "assistant", "content": record["output"]},
    ]
    return with_system(record, messages)


def _joined(parts: list[Any], name: str) -> str:
    """An instruction or question and the text that it is about, with an empty line between."""
    if any(part is not None and not isinstance(part, str) for part in parts):
        raise RecordProblem("missing_content", f"{name} is not text", "Write it as text.")
    return "\n\n".join(part.strip() for part in parts if part and is_visible(part))


def _history(history: Any) -> list[Message]:
    """Alpaca's earlier turns, pairs of question and answer, oldest first."""
    if history in EMPTY or (isinstance(history, str) and history.strip() in ("", "[]")):
        return []
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


def with_system(record: dict[str, Any], messages: list[Any]) -> list[Any]:
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
    own = first.get("content") if first.get("role") == "system" else None
    if len({*texts, *([own] if isinstance(own, str) else [])}) > 1:
        raise RecordProblem(
            "misplaced_system",
            "the dialogue has two system texts that differ",
            "Keep one: as the record's 'system' or as its first message.",
        )
    return messages if own is not None else [{"role": "system", "content": texts[0]}, *messages]


def esconv(record: dict[str, Any], columns: Columns) -> list[Any]:
    messages = _turns(record, "dialog", ("speaker",), ("text", "content"), ESCONV_ROLES)
    for message in messages:
        if isinstance(message["content"], str):
            message["content"] = message["content"].strip()
    spoken = [message for message in messages if message["content"] != ""]
    return with_system(record, merged(spoken))


def cpsycoun(record: dict[str, Any], columns: Columns) -> list[Any]:
    if "messages" in record:
        return with_system(record, merged(turn_list(record, "messages")))
    messages = []
    for index, turn in enumerate(turn_list(record, "data"), 1):
        if not isinstance(turn, str):
            raise RecordProblem("data_type", f"turn {index} is not text", "Write turns as text.")
        speaker, mark, words = turn.replace(":", "：", 1).partition("：")
        role = CPSYCOUN_SPEAKERS.get(speaker.strip())
        if role is None or not mark:
            raise RecordProblem(
                "unrecognized_role",
                f"turn {index} starts with {turn[:12]!r}",
                f"Start each turn with one of: {'：, '.join(CPSYCOUN_SPEAKERS)}：",
            )
        messages.append({"role": role, "content": words.strip()})
    return with_system(record, merged(messages))


def table(record: dict[str, Any], columns: Columns) -> list[Any]:
    messages = []
    for role in MAPPED_ROLES:
        column = columns.get(role)
        if column is None:
            continue
        value = record.get(column)
        if role == "system" and (value is None or (isinstance(value, str) and not value.strip())):
            continue
        if column not in record:
            raise RecordProblem(
                "message_missing_key", f"no {column!r}", f"Every record needs {column!r}."
            )
        context = record.get(columns.get("context", ""))
        if role == "user" and context not in EMPTY:
            value = _joined([value, context], f"{column!r} or {columns['context']!r}")
        messages.append({"role": role, "content": value})
    return messages


def merged(messages: list[Any]) -> list[Any]:
    """Join neighbouring turns of one role with a line break; what is no turn stays as it is, and
    so do turns of which only one is to be learned."""
    result: list[Any] = []
    for message in messages:
        if result and _is_turn(message) and _is_turn(result[-1]):
            before = result[-1]
            same = before["role"] == message["role"]
            if same and before.get("weight", 1) == message.get("weight", 1):
                result[-1] = {**before, "content": f"{before['content']}\n{message['content']}"}
                continue
        result.append(message)
    return result


def _is_turn(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and isinstance(message.get("role"), str)
        and isinstance(message.get("content"), str)
    )
