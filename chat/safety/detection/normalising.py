"""One plain form of what was typed, so that rules and heads see the same words."""

import unicodedata

from chat.safety.detection.chinese.plain import plain_chinese
from chat.safety.detection.spelling import respelled

LONGEST_TEXT = 20_000
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
QUOTES = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"'})


def normalised(text: str) -> str:
    """Lower case, one form of each character, nothing invisible, grave words spelt out."""
    text = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).translate(INVISIBLE)
    return respelled(plain_chinese(text.translate(QUOTES).lower()))
