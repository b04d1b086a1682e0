"""A dialogue's line as it is kept, as `json.dumps` writes it with `ensure_ascii=False`."""

from __future__ import annotations

import json
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from finetune.datasets.doctor.dialogues import Dialogue
from finetune.datasets.formats.preference import pair_record


def record_line(messages: list[dict[str, Any]], dialogue: Dialogue, pair: bool) -> str:
    """The line of a checked dialogue, or of a pair of replies."""
    if pair:
        kept = pair_record(messages) | dialogue.beside
        return json.dumps(kept, ensure_ascii=False) + "\n"
    if dialogue.beside or not dialogue.plain:
        kept = {"messages": [_ordered(one) for one in messages], **dialogue.beside}
        return json.dumps(kept, ensure_ascii=False) + "\n"
    parts = [
        f'{{"role": "{message["role"]}", "content": {_literal(message["content"])}}}'
        for message in messages
    ]
    return f'{{"messages": [{", ".join(parts)}]}}\n'


def _literal(text: str) -> str:
    """The text as JSON without escapes for what is beyond ASCII. Where nothing is, the encoder
    that would escape it writes the same in half the time, but for the character 7F."""
    if text.isascii() and "\x7f" not in text:
        return encode_basestring_ascii(text)
    return encode_basestring(text)


def _ordered(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": message["role"], "content": message["content"], **message}
