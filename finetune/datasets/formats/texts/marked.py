"""One text with marks of a chat template, under `text`."""

from __future__ import annotations

from typing import Any

from ..form import Columns, Format, Message, Record
from ..turns import SYSTEM_KEYS, with_system
from ..writing import CannotWrite, apart, without_weights
from .marks import is_marked, marked_messages, no_marks

KEYS = ("text", "dialogue", "dialog", "conversation", "transcript", "formatted_text")


def text_of(record: Record) -> str | None:
    """The text that holds the whole dialogue, if a record has one."""
    return next((record[key] for key in KEYS if isinstance(record.get(key), str)), None)


def key_of(record: Record) -> str:
    """Under which key it stands."""
    return next((key for key in KEYS if isinstance(record.get(key), str)), KEYS[0])


def _matches(record: Record) -> bool:
    return is_marked(text_of(record) or "")


def _convert(record: Record, columns: Columns) -> list[Any]:
    text = text_of(record)
    if text is None:
        raise no_marks()
    return with_system(record, marked_messages(text))


def _write(messages: list[Message]) -> Record:
    """As ChatML."""
    system, spoken = apart("A marked text", messages)
    without_weights("A marked text", spoken)
    first = [] if system is None else [{"role": "system", "content": system}]
    turns = [*first, *spoken]
    if any("<|im_" in one["content"] for one in turns):
        raise CannotWrite("A marked text", "its own marks inside a turn")
    if any(not one["content"].strip() for one in turns):
        raise CannotWrite("A marked text", "a turn of blanks")
    marked = (f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in turns)
    return {"text": "".join(marked)}


MARKED = Format(
    "marked",
    "Text with marks",
    '{"text": "<|im_start|>user\\n...<|im_end|>\\n<|im_start|>assistant\\n...<|im_end|>"}',
    _matches,
    _convert,
    SYSTEM_KEYS,
    write=_write,
    recognised="a text with such marks; a `.txt` file that begins with one",
    notes="ChatML, Llama 2 (`[INST]`) and 3, Gemma, Zephyr and Phi, `### Instruction:` and "
    "`### Response:`, Guanaco's `### Human:`, Anthropic's `Human:` and `Assistant:`, Vicuna's "
    "`USER:`; what stands before the first mark is the instruction",
    dialogue_key=key_of,
)
