"""`read`: what a person's message says, from the rules and, where there are any, the scores."""

from collections.abc import Mapping, Sequence

from chat.safety.detection.excuses import is_excused
from chat.safety.detection.finding import CARDLESS, NOTHING, Finding
from chat.safety.detection.matching import matches
from chat.safety.detection.normalising import normalised
from chat.safety.detection.rule import (
    ABUSE,
    EATING,
    OTHERS,
    PSYCHOSIS,
    SELF_HARM,
    SOMEBODY_ELSE,
    SUICIDE,
)
from chat.safety.detection.rules import TOGETHER, USER_RULES
from chat.safety.detection.units import own_turns, units
from chat.safety.heads.head import DANGER, head_for
from chat.safety.language import language_of
from chat.safety.levels import Level

Scores = Mapping[str, float]
WITH_CARD = (SUICIDE, SELF_HARM, OTHERS, ABUSE, EATING, PSYCHOSIS)
DESPAIRING = "despair"  # a class of the person's heads: hopelessness
RAISING = (*CARDLESS, DESPAIRING)  # these only raise the state, however sure the head is


def read(
    text: str,
    history: Sequence[Mapping[str, str]] = (),
    *,
    scores: Sequence[Scores] | None = None,
) -> Finding:
    """The gravest finding of rules and heads.

    Args:
        text: the message, as written.
        history: earlier messages, oldest first, each with `role` and `content`.
        scores: of each of `units(text, history)`, in their order; None where the engine is away,
            which leaves the rules alone.

    Raises:
        ValueError: the scores are not one for each unit.
    """
    found = [by_rules(text, history)]
    if scores is not None:
        looked_at = units(text, history)
        if len(scores) != len(looked_at):
            raise ValueError(f"There are {len(scores)} scores for {len(looked_at)} units.")
        found += [by_head(unit, each) for unit, each in zip(looked_at, scores, strict=True)]
    return max(found, key=lambda finding: finding.gravity)


def by_rules(text: str, history: Sequence[Mapping[str, str]]) -> Finding:
    plain = normalised(text)
    found = [
        Finding(rule.level, rule.category, rule.id, urgent=rule.card == "emergency")
        for rule in matches(plain, USER_RULES)
    ]
    found.append(across_turns(plain, own_turns(history)))
    return max(found, key=lambda finding: finding.gravity)


def across_turns(plain: str, before: Sequence[str]) -> Finding:
    """Two things of which neither is enough alone, such as despair and a means at hand.

    One of them has to stand in this message; the other may be some turns back.
    """
    together = "\n".join([*before, plain])
    for first, second in TOGETHER:
        if any(matches(plain, [*first, *second])) and any(matches(together, first)):
            found = next(matches(together, second), None)
            if found is not None:
                return Finding(Level.HIGH, found.category, found.id)
    return NOTHING


def by_head(unit: str, scores: Scores) -> Finding:
    """What one unit's scores say, by the thresholds of the head that made them."""
    head = head_for(language_of(unit), "person")
    if head is None or not scores or is_excused(unit):
        return NOTHING
    found = []
    for name, score in sorted(scores.items(), key=lambda item: -item[1]):
        level = head.level(name, score)
        if name == SOMEBODY_ELSE:
            if level == Level.HIGH:  # it has a card or nothing: there is no state to raise
                found.append(Finding(Level.ORDINARY, name, "head"))
        elif level > Level.ORDINARY:
            level = Level.RAISED if name in RAISING else level
            found.append(Finding(level, category_of(name, scores), "head"))
    return max(found, key=lambda finding: finding.gravity, default=NOTHING)


def category_of(name: str, scores: Scores) -> str:
    """The category of a class; of the pooled one, the likeliest that it pools."""
    if name == DANGER:
        return max(WITH_CARD, key=lambda each: scores.get(each, 0.0))
    return SUICIDE if name == DESPAIRING else name
