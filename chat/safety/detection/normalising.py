"""One plain form of what was typed, so that rules and heads see the same words."""

import unicodedata

LONGEST_TEXT = 20_000
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
QUOTES = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"'})


def normalised(text: str) -> str:
    """Lower case, one form of each character and quote, nothing invisible, bounded length."""
    text = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).translate(INVISIBLE)
    return text.translate(QUOTES).lower()
