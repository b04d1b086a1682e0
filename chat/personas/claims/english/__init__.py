"""English: what a name, a description, an opening line or an instruction may not say."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re

from ..rule import Negation
from .harming import HARMING
from .hiding import HIDING
from .posing import POSING

RULES = (*POSING, *HIDING, *HARMING)

NEGATION = Negation(
    clause_end=re.compile(
        r"[.;:!?]\s|\s[-–—*•]\s|,\s(?!(?:or|nor|and never|never|not)\b)|\b(?:but|then|instead|because|and(?! never\b| not\b))\b"
    ),
    denies=re.compile(
        r"\b(?:never|not|no|cannot|without|nor|neither|avoid|refuse|against|rather than|instead of|dont|cant)\b|n't\b"
    ),
    not_really=re.compile(
        r"\b(?:hesitate|fail|forget|stop|afraid|shy|refuse to|miss|omit|neglect|only|just|merely|simply|doubt|wonder|matter|anything (?:else|but|other)|other than|nothing but|except)\b|\bnot\b.*\bnot\b|\bnever\b.*\b(?:not|n't|avoid)\b"
    ),
    window=70,
)
