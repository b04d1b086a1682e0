"""Which language a text is judged and answered in.

A talk is in the language of the person's last message. Indonesian has rules of its own and no
head; its pages are in English.
"""

import re
from typing import Literal

Language = Literal["en", "zh", "other"]
LANGUAGES: tuple[Language, ...] = ("en", "zh", "other")

HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[a-z']+", re.IGNORECASE)
INDONESIAN = re.compile(
    r"\b(?:aku|nggak|enggak|gak|yang|udah|banget|saya|tidak|dari|buat|kayak|pengen|mau|karena|dia"
    r"|ini|itu|kamu|juga|tapi|bisa|sama|lagi|gue|gua|lu|rasanya|hidup|mati|pernah|nih|sih|dong)\b"
)


def language_of(text: str) -> Language:
    """`zh` with two Chinese signs or more, and more of them than Latin words; else en or other."""
    signs = len(HAN.findall(text))
    words = WORD.findall(text)
    if signs >= 2 and signs > len(words):
        return "zh"
    foreign = len(INDONESIAN.findall(text.lower()))
    return "other" if foreign >= 2 and foreign * 8 >= len(words) else "en"
