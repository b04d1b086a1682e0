"""What a rule of the gate is, and what takes the meaning of its pattern away."""

import re
from dataclasses import dataclass

CLASSES = (
    "death_as_relief",
    "encouragement",
    "belittling",
    "blame",
    "method",
    "dose",
    "medication",
    "diagnosis",
    "secrecy",
    "human",
    "lived_it",
    "restriction",
    "delusion",
    "only_me",
    "promise",
    "note",
    "confront",
    "wrong_language",
)


@dataclass(frozen=True)
class Rule:
    """One pattern of one class.

    Args:
        held_as: the class.
        pattern: what the sentence says.
        unless: words in the sentence that make it another thing.
        negatable: "I would never say that …" in the same clause takes it away.
        reported: "You said that …", "it feels as if …" before it makes it the person's own words.
        askable: an open question ("Are you thinking that …?") does not claim it.
        about: only where the person's message or the sentence before speaks of this.
    """

    held_as: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    negatable: bool = True
    reported: bool = False
    askable: bool = False
    about: re.Pattern[str] | None = None


def rule(
    held_as: str,
    pattern: str,
    *,
    unless: str = "",
    negatable: bool = True,
    reported: bool = False,
    askable: bool = False,
    about: str = "",
) -> Rule:
    if held_as not in CLASSES:
        raise ValueError(f"There is no class {held_as!r}. Known: {', '.join(CLASSES)}.")
    return Rule(
        held_as,
        compiled(pattern),
        compiled(unless) if unless else None,
        negatable,
        reported,
        askable,
        compiled(about) if about else None,
    )


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern may be written over several lines; a blank within a line is meant."""
    return re.compile("".join(line.strip() for line in pattern.splitlines()))


@dataclass(frozen=True)
class Excuses:
    """How one language denies, reports and asks."""

    clause_end: re.Pattern[str]
    negation: re.Pattern[str]
    false_negation: re.Pattern[str]
    reporting: re.Pattern[str]
    asking: re.Pattern[str]
    window: int  # characters before a match in which a negation counts

    def excused(self, rule: Rule, sentence: str, hit: re.Match[str]) -> bool:
        """Whether the sentence only looks like what the rule holds."""
        if rule.unless is not None and rule.unless.search(sentence):
            return True
        if rule.askable and self.asking.search(sentence):
            return True
        if rule.reported and self.reporting.search(sentence[: hit.end()]):
            return True
        return rule.negatable and self.denied(sentence, hit)

    def denied(self, sentence: str, hit: re.Match[str]) -> bool:
        clause = self.clause_end.split(sentence[: hit.start()])[-1][-self.window :]
        return any(
            self.negation.search(self.false_negation.sub(" ", part))
            for part in (clause, hit.group())
        )
