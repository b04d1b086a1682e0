"""`assess`: which care card, if any, belongs above the next reply.

The answer is a category and a card, never a score. Rules look at one sentence at a time, because
negations and idioms work within a sentence; one rule looks at the last few turns together.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .cards import Card, card_get, language_of
from .rule import Rule
from .rules import DESPAIR, FALSE_NEGATION, MEANS, NEGATION, REPLY_RULES, USER_RULES

TURNS_TOGETHER = 3
LONGEST_TEXT = 20_000
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
QUOTES = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"'})
SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*|\n+")
CLAUSE_END = re.compile(
    r"[,;:，；：、()（）]|\b(?:but|and then|because|tapi|karena)\b|但是?|可是|因为"
)
WINDOW = 32  # characters before a match in which a negation counts


@dataclass(frozen=True)
class Assessment:
    """What a text calls for. `category` is empty and `card` None where nothing was found."""

    category: str = ""
    card: Card | None = None
    rule: str = ""

    def __bool__(self) -> bool:
        return bool(self.category)


def assess(
    text: str,
    history: Sequence[Mapping[str, str]] = (),
    *,
    role: Literal["user", "assistant"] = "user",
) -> Assessment:
    """Assess one message.

    Args:
        text: the message, as written.
        history: earlier messages, oldest first, each with `role` and `content`.
        role: who wrote `text`. A reply is judged by what it says to the person ("hurt yourself").
    """
    plain = normalised(text)
    rules = USER_RULES if role == "user" else REPLY_RULES
    rule = first_match(plain, rules)
    if rule is None and role == "user":
        rule = across_turns(plain, history)
    if rule is None:
        return Assessment()
    return Assessment(rule.category, card_get(rule.card, language_of(text)), rule.id)


def normalised(text: str) -> str:
    """Lower case, one form of each character and quote, nothing invisible, bounded length."""
    text = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).translate(INVISIBLE)
    return text.translate(QUOTES).lower()


def first_match(plain: str, rules: Sequence[Rule]) -> Rule | None:
    """The first rule, in the order of the table, that a sentence meets."""
    sentences = [part for part in SENTENCE_END.split(plain) if part and part.strip()]
    for rule in rules:
        for sentence in sentences:
            if any(not excused(rule, sentence, hit) for hit in rule.pattern.finditer(sentence)):
                return rule
    return None


def excused(rule: Rule, sentence: str, hit: re.Match[str]) -> bool:
    """Whether an idiom or a negation takes the meaning away."""
    if rule.unless is not None and rule.unless.search(sentence):
        return True
    if not rule.negatable:
        return False
    clause = CLAUSE_END.split(sentence[: hit.start()])[-1][-WINDOW:]
    return any(NEGATION.search(FALSE_NEGATION.sub(" ", part)) for part in (clause, hit.group()))


def across_turns(plain: str, history: Sequence[Mapping[str, str]]) -> Rule | None:
    """A means at hand in one turn and despair in another, neither enough alone."""
    own = [turn["content"] for turn in history if turn["role"] == "user"][1 - TURNS_TOGETHER :]
    together = "\n".join([*map(normalised, own), plain])
    if not (first_match(plain, [MEANS]) or first_match(plain, [DESPAIR])):
        return None
    if first_match(together, [MEANS]) and first_match(together, [DESPAIR]):
        return MEANS
    return None
