"""How far a paired difference would move with other seeds, and with other dialogues.

A difference under seed s on dialogue d is `theta + seed_s + dialogue_d + rest_sd`: two factors that
are crossed, since the same dialogues are scored under each seed. With S seeds and D dialogues the
mean then varies by

    seed² / S  +  dialogue² / D  +  rest² / (S·D).

The variances come from mean squares as in any two-way table (Searle, Casella and McCulloch 1992,
chapter 4). Drawing seeds and dialogues anew, each with replacement, estimates the same sum, with
the last term up to three times (Owen 2007, "The pigeonhole bootstrap"; Owen and Eckles 2012, arXiv
1106.2125), but tells little of the first where there are few seeds; so seeds are not drawn here.

Dialogues have different numbers of tokens, so that the difference is a ratio of sums. Each dialogue
counts by its residual `gap − theta · tokens`, divided by `1 − its share of all tokens`, as the
jackknife does (HC3 in a regression): a long dialogue pulls the ratio towards itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .scores import Array, Paired


@dataclass(frozen=True)
class Variances:
    """Variances of the estimated difference, in squares of its unit.

    Attributes:
        seeds: what differs between seeds: `seed² / S + rest² / (S·D)`; 0 for one seed.
        dialogues: what differs between dialogues: `dialogue² / D + rest² / (S·D)`.
        rest: `rest² / (S·D)`, which both hold; 0 for one seed.
    """

    seeds: float
    dialogues: float
    rest: float

    @property
    def dialogues_alone(self) -> float:
        """`dialogue² / D`: what no number of seeds takes away."""
        return max(self.dialogues - self.rest, 0.0)

    @property
    def total(self) -> float:
        """Of the difference, seeds and dialogues drawn anew."""
        return self.seeds + self.dialogues_alone

    @property
    def seeds_share(self) -> float:
        """How much of the total rests on the few seeds, 0 to 1."""
        return self.seeds / self.total if self.total > 0 else 0.0


def leverages(tokens: Array) -> Array:
    """By what each squared residual counts, (dialogues,); D / (D − 1) where lengths are equal."""
    dialogues = len(tokens)
    factors: Array = (1 - 1 / dialogues) / (1 - tokens / tokens.sum()) ** 2
    return factors


def variances(pairs: Paired) -> Variances:
    """Estimate the variances of the mean difference."""
    gaps, tokens = pairs.gaps, pairs.tokens
    seeds, total = len(gaps), tokens.sum()
    thetas = gaps.sum(1) / total  # (seeds,)
    factors = leverages(tokens)
    residuals = gaps - thetas[:, None] * tokens  # (seeds, dialogues)
    means = residuals.mean(0)  # (dialogues,)
    dialogues = float((factors * means**2).sum() / total**2)
    if seeds == 1:
        return Variances(0.0, dialogues, 0.0)
    rest = (factors * (residuals - means) ** 2).sum() / (total**2 * seeds * (seeds - 1))
    return Variances(float(np.var(thetas, ddof=1) / seeds), dialogues, float(rest))
