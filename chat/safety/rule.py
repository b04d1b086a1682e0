"""What a rule of the safety seam is, and the words that several rules share."""

import re
from dataclasses import dataclass

SUICIDE, SELF_HARM, OTHERS, ABUSE = "suicide", "self_harm", "harm_to_others", "abuse"
CATEGORIES = (SUICIDE, SELF_HARM, OTHERS, ABUSE)


@dataclass(frozen=True)
class Rule:
    """One pattern. `negatable`: a negation before it in the same clause takes it away."""

    id: str
    category: str
    card: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    negatable: bool = True


def rule(
    id: str,
    category: str,
    pattern: str,
    *,
    unless: str = "",
    card: str = "",
    negatable: bool = True,
) -> Rule:
    guard = re.compile(unless, re.VERBOSE) if unless else None
    return Rule(id, category, card or category, re.compile(pattern, re.VERBOSE), guard, negatable)


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
