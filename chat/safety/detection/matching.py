"""Whether a text meets a rule: its sentences, the idioms that excuse one, negations before it."""

import re
from collections.abc import Iterator, Sequence

from chat.safety.detection.rule import Rule

# A negation within the clause, before the match. What only looks like one is taken out first.
NEGATION = re.compile(
    r"\b(?:not|never|no\ longer|without|nor|cannot|wouldn't|won't|don't|didn't|doesn't|isn't"
    r"|wasn't|haven't|hasn't|aren't|ain't|can't|couldn't|dont|didnt|wont|wouldnt|cant|stopped"
    r"|nggak|gak|tidak|enggak|bukan|belum)\b"
    r"|不会|不想|不打算|不要|不再|没有?想|没打算|从来?没|从未|并不|并没|没有|绝不|沒|不會",
    re.VERBOSE,
)
FALSE_NEGATION = re.compile(
    r"(?:can't|cannot|cant|couldn't|can\ not)\ (?:stop|help|quit|shake|get\ rid)\w*"
    r"|(?:can't|cannot|cant|don't|dont)\ (?:take|do|stand|bear|handle|go\ on)\b[\w\ ]*"
    r"|(?:not|don't|dont|didn't|doesn't|isn't)\ (?:sure|know|care|joking|kidding|lying|only|just"
    r"|see\ why|understand\ why|tell\ anyone)\b"
    r"|why\ (?:not|shouldn't\ i|don't\ i)|whether\ or\ not|not\ okay|not\ ok\b"
    r"|不知道|忍不住|控制不住|停不下来|不只|不仅|受不了",
    re.VERBOSE,
)

SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*|\n+")
CLAUSE_END = re.compile(
    r"[,;:，；：、()（）]|\b(?:but|and then|because|tapi|karena)\b|但是?|可是|因为"
)
WINDOW = 32  # characters before a match in which a negation counts


def sentences(plain: str) -> list[str]:
    return [part.strip() for part in SENTENCE_END.split(plain) if part and part.strip()]


def matches(plain: str, rules: Sequence[Rule]) -> Iterator[Rule]:
    """The rules, in the order of the table, that a sentence meets."""
    parts = sentences(plain)
    for rule in rules:
        if any(meets(rule, sentence) for sentence in parts):
            yield rule


def meets(rule: Rule, sentence: str) -> bool:
    return any(not excused(rule, sentence, hit) for hit in rule.pattern.finditer(sentence))


def excused(rule: Rule, sentence: str, hit: re.Match[str]) -> bool:
    """Whether an idiom or a negation takes the meaning away."""
    if rule.unless is not None and rule.unless.search(sentence):
        return True
    if not rule.negatable:
        return False
    clause = CLAUSE_END.split(sentence[: hit.start()])[-1][-WINDOW:]
    return any(NEGATION.search(FALSE_NEGATION.sub(" ", part)) for part in (clause, hit.group()))
