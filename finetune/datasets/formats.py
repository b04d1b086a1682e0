"""The forms dialogues come in: one dict of formats, each recognising and converting a record.

Adding one is a function and a line in `FORMATS`. Knows nothing of files: it gets records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from finetune.datasets.exceptions import DatasetRefused, RecordProblem

Message = dict[str, Any]
Columns = Mapping[str, str]
Converter = Callable[[dict[str, Any], Columns], list[Any]]

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
# Pairs of column names that are recognised without a mapping, first match wins.
KNOWN_COLUMNS = (
    ("user", "assistant"),
    ("prompt", "completion"),
    ("prompt", "response"),
    ("question", "answer"),
    ("questionText", "answerText"),
    ("instruction", "output"),
    ("input", "output"),
    ("query", "response"),
    ("Context", "Response"),
    ("context", "response"),
)
MAPPED_ROLES = ("system", "user", "assistant")
MAPPING_KEYS = (*MAPPED_ROLES, "group")


@dataclass(frozen=True)
class Format:
    """One form of dialogue.

    Attributes:
        name: key in `FORMATS`.
        title: what people call it.
        help: an example in one line.
        matches: whether a record looks like this form.
        convert: record and column mapping -> messages, not checked yet.
        merges: whether neighbouring turns of one role are joined, with a line break.
    """

    name: str
    title: str
    help: str
    matches: Callable[[dict[str, Any]], bool]
    convert: Converter
    merges: bool = False


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    if not isinstance(value, list) or not value:
        raise RecordProblem(
            "missing_messages_list",
            f"no list of messages under {key!r}",
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
    for index, turn in enumerate(_list(record, key), 1):
        if not isinstance(turn, dict):
            raise RecordProblem(
                "data_type", f"turn {index} is not an object", "Give each turn as an object."
            )
        who = next((name for name in speaker if name in turn), None)
        what = next((name for name in words if name in turn), None)
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
        messages.append({"role": role, "content": turn[what]})
    return messages


def _openai(record: dict[str, Any], columns: Columns) -> list[Any]:
    return _list(record, "messages")


def _sharegpt(record: dict[str, Any], columns: Columns) -> list[Any]:
    messages = _turns(
        record, "conversations", ("from", "role"), ("value", "content"), SHAREGPT_ROLES
    )
    system = record.get("system")
    if isinstance(system, str) and system.strip():
        messages.insert(0, {"role": "system", "content": system})
    return messages


def _alpaca(record: dict[str, Any], columns: Columns) -> list[Any]:
    if "output" not in record:
        raise RecordProblem("message_missing_key", "no 'output'", "Give the reply as 'output'.")
    parts = [record.get("instruction"), record.get("input")]
    if any(part is not None and not isinstance(part, str) for part in parts):
        raise RecordProblem("missing_content", "'instruction' is not text", "Write it as text.")
    asked = "\n\n".join(part.strip() for part in parts if part and part.strip())
    messages = [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": record["output"]},
    ]
    system = record.get("system")
    if isinstance(system, str) and system.strip():
        messages.insert(0, {"role": "system", "content": system})
    return messages


def _esconv(record: dict[str, Any], columns: Columns) -> list[Any]:
    messages = _turns(record, "dialog", ("speaker",), ("text", "content"), ESCONV_ROLES)
    for message in messages:
        if isinstance(message["content"], str):
            message["content"] = message["content"].strip()
    return [message for message in messages if message["content"] != ""]


def _cpsycoun(record: dict[str, Any], columns: Columns) -> list[Any]:
    if "messages" in record:
        return _list(record, "messages")
    messages = []
    for index, turn in enumerate(_list(record, "data"), 1):
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
    return messages


def _table(record: dict[str, Any], columns: Columns) -> list[Any]:
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
        messages.append({"role": role, "content": value})
    return messages


def _looks_cpsycoun(record: dict[str, Any]) -> bool:
    turns = record.get("data")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], str)
        and (turns[0].replace(":", "：", 1).partition("：")[0].strip() in CPSYCOUN_SPEAKERS)
    )


_ALL = (
    Format(
        "openai",
        "OpenAI messages",
        '{"messages": [{"role": "user", "content": "..."}, ...]}',
        lambda record: "messages" in record,
        _openai,
    ),
    Format(
        "sharegpt",
        "ShareGPT",
        '{"conversations": [{"from": "human", "value": "..."}, ...]}',
        lambda record: "conversations" in record,
        _sharegpt,
    ),
    Format(
        "esconv",
        "ESConv",
        '{"dialog": [{"speaker": "usr", "text": "..."}, ...]}',
        lambda record: "dialog" in record,
        _esconv,
        merges=True,
    ),
    Format(
        "cpsycoun",
        "CPsyCoun",
        '{"data": ["求助者：...", "支持者：..."]}',
        _looks_cpsycoun,
        _cpsycoun,
        merges=True,
    ),
    Format(
        "alpaca",
        "Alpaca",
        '{"instruction": "...", "input": "", "output": "..."}',
        lambda record: "instruction" in record and "output" in record,
        _alpaca,
    ),
    Format(
        "table",
        "Table with columns",
        'CSV or JSON with a mapping {"user": "question", "assistant": "answer"}',
        lambda record: known_columns(record) is not None,
        _table,
    ),
)
FORMATS: dict[str, Format] = {form.name: form for form in _ALL}


def get_format(name: str) -> Format:
    """Return a format by name. Raises DatasetRefused, code `unknown_format`, listing them."""
    if name not in FORMATS:
        raise DatasetRefused(
            "unknown_format", f"There is no format {name!r}.", f"Known: {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def known_columns(record: Mapping[str, Any]) -> dict[str, str] | None:
    """Guess the mapping of a table from its column names; None if none is known."""
    by_name = {name.lower(): name for name in record}
    for user, assistant in KNOWN_COLUMNS:
        if user.lower() in by_name and assistant.lower() in by_name:
            mapping = {"user": by_name[user.lower()], "assistant": by_name[assistant.lower()]}
            if "system" in by_name:
                mapping["system"] = by_name["system"]
            return mapping
    return None


def detect(record: dict[str, Any]) -> Format | None:
    """Return the format a record looks like, or None."""
    return next((form for form in FORMATS.values() if form.matches(record)), None)


def merged(messages: list[Message]) -> list[Message]:
    """Join neighbouring turns of one role with a line break; what is no turn stays as it is."""
    result: list[Message] = []
    for message in messages:
        if result and _is_turn(message) and _is_turn(result[-1]):
            before = result[-1]
            if before["role"] == message["role"]:
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
