"""`read`: what a person's message says, from the rules and, where there are any, the scores."""

from collections.abc import Mapping, Sequence

from chat.safety.detection.finding import NOTHING, SOMEBODY_ELSE, Finding
from chat.safety.detection.matching import matches
from chat.safety.detection.normalising import normalised
from chat.safety.detection.rule import SUICIDE
from chat.safety.detection.rules import DESPAIR, MEANS, USER_RULES
from chat.safety.detection.units import own_turns, units
from chat.safety.heads.head import head_for
from chat.safety.language import language_of
from chat.safety.levels import Level

Scores = Mapping[str, float]
DESPAIRING = "despair"  # a class of the person's heads: hopelessness, which only raises the state


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
    """A means at hand in one turn and despair in another, neither enough alone."""
    if not any(matches(plain, [*MEANS, *DESPAIR])):
        return NOTHING
    together = "\n".join([*before, plain])
    means = next(matches(together, MEANS), None)
    if means is None or not any(matches(together, DESPAIR)):
        return NOTHING
    return Finding(Level.HIGH, means.category, means.id)


def by_head(unit: str, scores: Scores) -> Finding:
    """What one unit's scores say, by the thresholds of the head that made them."""
    head = head_for(language_of(unit), "person")
    if head is None or not scores:
        return NOTHING
    found = []
    for name, score in sorted(scores.items(), key=lambda item: -item[1]):
        level = head.level(name, score)
        if level > Level.ORDINARY and name == SOMEBODY_ELSE:
            found.append(Finding(Level.ORDINARY, name, "head"))
        elif level > Level.ORDINARY:
            found.append(Finding(level, SUICIDE if name == DESPAIRING else name, "head"))
    return max(found, key=lambda finding: finding.gravity, default=NOTHING)
