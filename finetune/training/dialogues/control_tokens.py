"""Tokens that steer a model instead of saying something: marks of turns, of the text's end.

Nobody may write one by typing its name into a message: whoever could, would speak as the system.
Needs neither torch nor transformers, so that the data set doctor can ask for the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


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
