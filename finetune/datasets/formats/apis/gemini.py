"""Gemini's contents: turns of parts, by `user` and `model`.

Source: Google's Gemini API reference, "Content" and "Supervised fine-tuning: dataset format".
"""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from ..form import Columns, Format, Message, Record
from ..turns import object_check, role_known, turn_list
from ..writing import apart, without_weights

ROLES = {"user": "user", "model": "assistant", "assistant": "assistant", "system": "system"}
SYSTEM = ("systemInstruction", "system_instruction")


def _text(what: str, content: Any) -> str:
    """The text of a content's parts.

    Raises:
        RecordProblem: it holds something else.
    """
    parts = content.get("parts") if isinstance(content, dict) else content
    texts = []
    for part in parts if isinstance(parts, list) else [parts]:
        text = part.get("text") if isinstance(part, dict) else part
        if not isinstance(text, str):
            held = ", ".join(map(str, part))[:40] if isinstance(part, dict) else f"{part!r:.40}"
            raise RecordProblem(
                "missing_content",
                f"{what} holds something that is not text ({held})",
                "Only text is trained: leave the dialogue out, or write what it says.",
            )
        texts.append(text)
    return "".join(texts)


def _convert(record: Record, columns: Columns) -> list[Any]:
    messages = []
    for index, turn in enumerate(turn_list(record, "contents"), 1):
        object_check(index, turn)
        role = role_known(index, turn.get("role", "user"), ROLES)
        messages.append({"role": role, "content": _text(f"turn {index}", turn)})
    for name in SYSTEM:
        if record.get(name):
            return [{"role": "system", "content": _text(repr(name), record[name])}, *messages]
    return messages


def _write(messages: list[Message]) -> Record:
    system, spoken = apart("Gemini", messages)
    without_weights("Gemini", spoken)
    names = {"user": "user", "assistant": "model"}
    contents = [{"role": names[one["role"]], "parts": [{"text": one["content"]}]} for one in spoken]
    if system is None:
        return {"contents": contents}
    return {"systemInstruction": {"parts": [{"text": system}]}, "contents": contents}


GEMINI = Format(
    "gemini",
    "Gemini",
    '{"contents": [{"role": "user", "parts": [{"text": "..."}]}, {"role": "model", ...}]}',
    lambda record: "contents" in record,
    _convert,
    ("contents", *SYSTEM),
    ("role", "parts"),
    write=_write,
    recognised="`contents`",
    notes="with `systemInstruction`",
)
