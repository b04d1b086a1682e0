"""What a rule of the safety seam is, and the words that several rules share."""

import re
from dataclasses import dataclass

from chat.safety.levels import Level

SUICIDE, SELF_HARM, OTHERS, ABUSE = "suicide", "self_harm", "harm_to_others", "abuse"
CATEGORIES = (SUICIDE, SELF_HARM, OTHERS, ABUSE)


@dataclass(frozen=True)
class Rule:
    """One pattern. `negatable`: a negation before it in the same clause takes it away.

    `card` is the card's key where it is not the category's own. A rule of level ORDINARY is one on
    somebody else: it has a card, and says nothing about the person's own state.
    """

    id: str
    category: str
    card: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    negatable: bool = True
    level: Level = Level.HIGH


def rule(
    id: str,
    category: str,
    pattern: str,
    *,
    unless: str = "",
    card: str = "",
    negatable: bool = True,
    level: Level = Level.HIGH,
) -> Rule:
    guard = re.compile(unless, re.VERBOSE) if unless else None
    compiled = re.compile(pattern, re.VERBOSE)
    return Rule(id, category, card or category, compiled, guard, negatable, level)


LAUGHTER = r"\b(?:lol|lmao|haha\w*|jk|rofl|kidding)\b|😂|🤣|哈哈|wkwk"
SELF = r"(?:myself|my\ ?self|meself)"
PERSON = (
    r"(?:he|she|they|dad|daddy|father|mom|mum|mother|parents?|step-?(?:dad|father|mom|mum|mother)"
    r"|husband|wife|boyfriend|girlfriend|bf|gf|partner|ex|uncle|aunt|brother|sister|boss|coach"
    r"|teacher|roommate|grandfather|grandpa|son|cousin)"
)
TARGET = (
    r"(?:him|her|them|someone|somebody|people|everyone|everybody|this\ (?:guy|man|woman|bitch)"
    r"|that\ (?:guy|man|woman|bastard|professor|teacher|bitch)"
    r"|my\ (?:ex|boss|wife|husband|dad|father|mom|mum|mother|brother|sister|boyfriend|girlfriend"
    r"|teacher|professor|neighbou?r|classmates?|coworkers?|colleagues?|roommate|kids?|baby|son"
    r"|daughter|parents|family))"
)
