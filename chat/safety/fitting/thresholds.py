"""From which score on a class counts: the lowest that keep to so many false alarms.

Measured on the own sentences that were left out of the training, and on public talk where it is on
this machine, with texts looked at in pieces as `detection.read` does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chat.safety.detection import units
from chat.safety.detection.excuses import is_excused
from chat.safety.detection.normalising import normalised
from chat.safety.fitting.samples import CLASSES, POOLED
from chat.safety.fitting.sentences import Example
from chat.safety.heads.head import NEVER, Head, Kind, Threshold

Scores = Mapping[str, float]
Judged = Callable[[Sequence[str]], Sequence[Scores]]


@dataclass(frozen=True)
class Allowed:
    """Shares that may reach the middle threshold, and the high one, of the first class.

    The others of the same kind may add as much once more, all together.
    """

    near: tuple[float, float]  # of own ordinary sentences, half of them near-misses
    heard: tuple[float, float]  # of ordinary messages of public sets


ALLOWED: Mapping[tuple[Kind, str], Allowed] = {
    # Some of ESConv's messages that no rule finds do speak of danger: the middle may find those.
    ("person", "en"): Allowed(near=(0.08, 0.02), heard=(0.025, 0.0015)),
    ("person", "zh"): Allowed(near=(0.08, 0.02), heard=(0.025, 0.003)),
    # A good sentence held costs another draft; an unsafe one that passes is read by somebody.
    ("reply", "en"): Allowed(near=(0.18, 0.18), heard=(1.0, 1.0)),
    ("reply", "zh"): Allowed(near=(0.18, 0.18), heard=(1.0, 1.0)),
}


def thresholds(
    kind: Kind,
    language: str,
    left_out: Sequence[Example],
    heard: Sequence[Sequence[str]],
    judged: Judged,
) -> dict[str, Threshold]:
    """Of each class, for one language; a class of which another counts pooled has none."""
    calm = [pieces(kind, each) for each in left_out if not each.classes]
    near = highest(calm, judged)
    talk = highest(heard, judged)
    allowed = ALLOWED[kind, language]
    first, *others = (name for name in CLASSES[kind] if name not in POOLED[kind])
    parts = {first: 1.0, **{name: 1 / len(others) for name in others}}
    found = dict.fromkeys(CLASSES[kind], NEVER)
    for name, part in parts.items():
        middle, high = (
            max(
                limit([one[name] for one in near], a * part),
                limit([one[name] for one in talk], b * part),
            )
            for a, b in zip(allowed.near, allowed.heard, strict=True)
        )
        found[name] = Threshold(middle, max(middle, high))
    return found


def pieces(kind: Kind, example: Example) -> list[str]:
    """What the judge is asked about this text, less what `read` does not count."""
    if kind == "reply":
        return [normalised(example.text)]
    history = [{"role": "user", "content": turn} for turn in example.turns[:-1]]
    return [unit for unit in units(example.turns[-1], history) if not is_excused(unit)]


def highest(texts: Sequence[Sequence[str]], judged: Judged) -> list[dict[str, float]]:
    """Each class's highest score among a text's pieces."""
    known = list(dict.fromkeys(piece for text in texts for piece in text))
    scores = dict(zip(known, judged(known), strict=True)) if known else {}
    found = []
    for text in texts:
        best: dict[str, float] = dict.fromkeys(next(iter(scores.values())), 0.0)
        for piece in text:
            best = {name: max(value, scores[piece][name]) for name, value in best.items()}
        found.append(best)
    return found


def limit(scores: Sequence[float], share: float) -> float:
    """The lowest score that at most this share reaches; 0 where there are none."""
    if not scores or share >= 1:
        return 0.0
    return float(np.quantile(scores, 1 - share, method="higher")) + 1e-6


def report(
    kind: Kind, head: Head, left_out: Sequence[Example], judged: Judged
) -> dict[str, tuple[int, int, int]]:
    """For each class, and "ordinary": how many were left out, reach the middle, reach the high."""
    counts: dict[str, list[int]] = {}
    best = highest([pieces(kind, each) for each in left_out], judged)
    pooled = CLASSES[kind][0]
    for each, scores in zip(left_out, best, strict=True):
        for name in each.classes or {"ordinary"}:
            asked = pooled if name in POOLED[kind] or name == "ordinary" else name
            threshold, count = head.thresholds[asked], counts.setdefault(name, [0, 0, 0])
            count[0] += 1
            count[1] += scores[asked] >= min(threshold.middle, threshold.high)
            count[2] += scores[asked] >= threshold.high
    return {name: (one[0], one[1], one[2]) for name, one in counts.items()}
