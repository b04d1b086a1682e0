"""Whether a text shows anything: blanks, format characters and fillers alone are no words.

What joins letters (in Persian, Hindi or a family of emojis) is invisible too, but never alone.
"""

from __future__ import annotations

import re
import unicodedata

HALVES = re.compile("[\\ud800-\\udfff]")  # of a character pair
_HIDDEN = frozenset(
    {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}  # control, format, half a pair, blanks
    | {"Mn", "Me"}  # marks stand on a letter; alone they are nothing to read
)
_BLANK_SYMBOLS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # fillers of Hangul, empty Braille
# Default-ignorable and not assigned, or no characters at all (Unicode 15, 5.21 and 23.7).
_UNASSIGNED = (
    (0x2065, 0x2065),
    (0xFDD0, 0xFDEF),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)


def is_visible(text: str) -> bool:
    """Tell whether at least one character can be seen.

    >>> is_visible("می\u200cروم"), is_visible("\u200b \ufeff"), is_visible("")
    (True, False, False)
    """
    return any(map(_shows, text))


def names_of(text: str, most: int = 3) -> str:
    """The different characters of a text by their numbers, as `U+200B, U+FEFF`."""
    codes = [f"U+{ord(letter):04X}" for letter in dict.fromkeys(text)]
    return ", ".join(codes[:most]) + (", …" if len(codes) > most else "")


def _shows(letter: str) -> bool:
    if letter in _BLANK_SYMBOLS:
        return False
    category = unicodedata.category(letter)
    if category == "Cn":  # letters and emojis that are younger than this Python can be seen
        code = ord(letter)
        if code & 0xFFFE == 0xFFFE:
            return False
        return not any(low <= code <= high for low, high in _UNASSIGNED)
    return category not in _HIDDEN
