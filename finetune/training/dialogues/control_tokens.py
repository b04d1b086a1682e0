"""Tokens that steer a model instead of saying something: marks of turns, of the text's end.

Nobody may write one by typing its name into a message: whoever could, would speak as the system.
Needs neither torch nor transformers, so that the data set doctor can ask for the names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def special_tokens(tokenizer: Any) -> dict[int, str]:
    """Return id and text of every special token a tokenizer in memory has, named or not."""
    tokens = {
        number: token.content
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special
    }
    named = zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True)
    return {**{number: str(text) for number, text in named if number is not None}, **tokens}


def pattern_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds these texts, in whatever case."""
    longest_first = sorted((text for text in texts if text.strip()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)


def control_texts(folder: Path, template: str = "") -> list[str]:
    """Return the texts of a base model's control tokens, longest first, from its files alone.

    Args:
        folder: the base model's folder, with `tokenizer.json`.
        template: a chat template's source: added tokens that it names count, too, though the
            tokenizer does not call them special.

    Raises:
        OSError: there is no `tokenizer.json`, or it cannot be read.
        ValueError: it is not JSON.
    """
    tokens = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    texts = {
        str(token["content"])
        for token in tokens.get("added_tokens") or []
        if token.get("special") or (len(token["content"]) > 1 and token["content"] in template)
    }
    settings_file = folder / "tokenizer_config.json"
    if settings_file.is_file():
        texts |= _named(json.loads(settings_file.read_text(encoding="utf-8")))
    return sorted((text for text in texts if text.strip()), key=lambda text: (-len(text), text))


def _named(settings: dict[str, Any]) -> set[str]:
    """Return the special tokens that `tokenizer_config.json` names."""
    given: list[Any] = [settings.get(name) for name in NAMED]
    given += settings.get("additional_special_tokens") or []
    given += _listed(settings.get("extra_special_tokens"))
    given += [
        token for token in _listed(settings.get("added_tokens_decoder")) if token.get("special")
    ]
    texts = (token.get("content") if isinstance(token, dict) else token for token in given)
    return {text for text in texts if isinstance(text, str)}


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []
