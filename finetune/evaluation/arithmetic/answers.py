"""The number that a text gives as its answer. Knows nothing of models or files."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

# A sign counts where nothing stands before it that it could take something from.
NUMBER = re.compile(r"(?:(?<![\w)])-\s?)?\$?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
MARK = "####"
BOXED = re.compile(r"\\boxed\{([^{}]*)\}")


def answer_of(text: str) -> Decimal | None:
    """Return the answer in a text; None without a number.

    Taken are the first number behind the first `####` (GSM8K's way), else the last one in a
    `\\boxed{}`, else the last of the text. Thousands separators, currency signs, units and a
    point that ends the sentence are no part of it.

    >>> [str(answer_of(text)) for text in ("so 3 + 4 = 7.", "It is $1,250.50 a day", "#### -3 cm")]
    ['7', '1250.50', '-3']
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    if MARK in plain:
        numbers = NUMBER.findall(plain.split(MARK)[1])
        if numbers:
            return _decimal(numbers[0])
    boxed = [number for inner in BOXED.findall(plain) for number in NUMBER.findall(inner)]
    numbers = boxed or NUMBER.findall(plain)
    return _decimal(numbers[-1]) if numbers else None


def _decimal(text: str) -> Decimal:
    return Decimal(re.sub(r"[,$\s]", "", text))
