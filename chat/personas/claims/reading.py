"""`claim_in`: the first thing in a text that a persona may not say or be asked for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from chat.safety.gate import sentences
from chat.safety.gate.judging import readings
from chat.safety.gate.languages import ENGLISH, HAN, OTHER_SCRIPT, WORD, foreign
from chat.safety.language import language_of

from . import chinese, english
from .rule import Negation, Rule

# Letters of other scripts that look like Latin ones, as they stand within Latin words.
LOOKALIKES = str.maketrans("аеіорсухѕјһԁԛԝɡοανικητ", "aeiopcyxsjhdqwgoavikht")
LATIN = re.compile(r"[a-z]", re.IGNORECASE)
FEW_WORDS = 6  # of a text whose language can hardly be told


@dataclass(frozen=True)
class Claim:
    """Why a text is refused: the kind, and the sentence as it was written."""

    kind: str
    sentence: str


def claim_in(text: str, where: str) -> Claim | None:
    """The first claim of a text; None where there is none.

    Args:
        text: as it was written.
        where: `NAME`, `SHOWN` (a description, an opening line) or `INSTRUCTION`.
    """
    joined = " ".join(text.split())  # a sentence that is broken over lines is one
    parts = [part.strip() for part in (*sentences(text), *sentences(joined)) if part.strip()]
    for part in parts:
        if kind := kind_of(part, where):
            return Claim(kind, part)
    for part in parts:
        if unread(part):
            return Claim("unread", part)
    return None


def kind_of(sentence: str, where: str) -> str:
    for reading in readings(folded(sentence)):
        for rules, negation in (
            (english.RULES, english.NEGATION),
            (chinese.RULES, chinese.NEGATION),
        ):
            for rule in rules:
                if where in rule.where and meets(rule, reading, negation):
                    return rule.kind
    return ""


def meets(rule: Rule, sentence: str, negation: Negation) -> bool:
    if rule.unless is not None and rule.unless.search(sentence):
        return False
    return any(
        not (rule.negatable and negation.denied(sentence, hit.start()))
        for hit in rule.pattern.finditer(sentence)
    )


def folded(sentence: str) -> str:
    """Without accents, and with Latin letters where others only look like them."""
    apart = unicodedata.normalize("NFKD", sentence)
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    if LATIN.search(plain):
        plain = plain.lower().translate(LOOKALIKES)
    return unicodedata.normalize("NFKC", plain)


def unread(sentence: str) -> bool:
    """Whether no rule here could read this: another script, or words of another language."""
    if len(OTHER_SCRIPT.findall(sentence)) > 2 or language_of(sentence) == "other":
        return True
    words = [word.lower() for word in WORD.findall(HAN.sub(" ", sentence))]
    return foreign(words) or (len(words) > FEW_WORDS and not ENGLISH.intersection(words))
