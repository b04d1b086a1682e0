"""The paired difference of two arms with an interval over seeds and dialogues.

    low, high = difference ∓ factor · standard error

The standard error is of seeds and dialogues both (`variances`); the factor is that of the
bootstrap over dialogues (`resampling`), raised as far as the error rests on few seeds (`critical`).
The interval is never narrower than one over dialogues alone. Why seeds have to count: Bouthillier
et al. 2021, arXiv 2103.03098.

Where a study makes several comparisons, each interval is at `1 − (1 − confidence) / comparisons`
(Bonferroni): all of them hold at once, and a difference is found exactly where its interval leaves
zero out. Holm's procedure finds a little more, but has no intervals that say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .critical import critical
from .resampling import Tail, dialogue_tails
from .scores import Array, Scores, paired
from .variances import Variances, variances

P_LEVELS = np.logspace(np.log10(0.99), -9, 46)  # where a p value is looked for


@dataclass(frozen=True)
class Difference:
    """Mean score of arm A minus that of arm B; below zero, A has the lower one.

    Attributes:
        estimate: in the unit of the scores; nats a token for losses.
        low: lower end of the interval.
        high: upper end.
        seeds: how many both arms have.
        dialogues: how many were scored.
        paired_seeds: which seeds.
        confidence: of all intervals of the study together.
        comparisons: how many the study makes.
        p_value: of this comparison alone, both sides.
        corrected_p_value: times the number of comparisons; at most `1 − confidence` exactly where
            the interval leaves zero out. Both are 1 for one seed.
        variances: of the estimate.
        dialogue_factors: standard errors to the lower and upper end for dialogues alone.
        identical: whether all scores of the two arms are equal.
    """

    estimate: float
    low: float
    high: float
    seeds: int
    dialogues: int
    paired_seeds: tuple[int, ...]
    confidence: float
    comparisons: int
    p_value: float
    corrected_p_value: float
    variances: Variances
    dialogue_factors: tuple[float, float]
    identical: bool

    @property
    def seeds_known(self) -> bool:
        """Whether the interval says anything of other seeds; with one seed it does not."""
        return self.seeds > 1

    @property
    def level(self) -> float:
        """Error level of this one interval."""
        return (1 - self.confidence) / self.comparisons

    @property
    def is_found(self) -> bool:
        """Whether the two arms differ, by more than seeds and dialogues explain."""
        return self.seeds_known and not self.low <= 0 <= self.high


@dataclass(frozen=True, eq=False)
class Side:
    """One side of an interval.

    Attributes:
        tail: of the bootstrap over dialogues.
        variances: of the estimate.
        seeds: how many both arms have.
        comparisons: that the study makes.
    """

    tail: Tail
    variances: Variances
    seeds: int
    comparisons: int

    def widths(self, levels: Array) -> Array:
        """From the difference to the end, one for each level."""
        dialogue_factors = self.tail.factors(levels)
        alone: Array = dialogue_factors * np.sqrt(self.variances.dialogues)
        if self.seeds == 1:
            return alone
        factors = critical(
            dialogue_factors,
            levels,
            seeds=self.seeds,
            seeds_share=self.variances.seeds_share,
            comparisons=self.comparisons,
        )
        both: Array = np.maximum(factors * np.sqrt(self.variances.total), alone)
        return both

    def p_value(self, distance: float, level: Array) -> float:
        """The smallest level at which the end is nearer than `distance`; `level` is among them."""
        if self.seeds == 1:
            return 1.0
        levels = np.sort(np.append(P_LEVELS, level))[::-1]
        reach = np.maximum.accumulate(self.widths(levels))
        if distance <= reach[0]:
            return 1.0
        if distance > reach[-1]:
            return float(levels[-1])
        logs = np.log(np.maximum(reach, np.finfo(float).tiny))
        return float(np.exp(np.interp(np.log(distance), logs, np.log(levels))))


def compare(
    a: Scores,
    b: Scores,
    *,
    confidence: float = 0.95,
    comparisons: int = 1,
    draws: int = 2000,
    rng_seed: int = 0,
) -> Difference:
    """Compare two arms seed by seed and dialogue by dialogue.

    Args:
        a: scores of the arm in question.
        b: scores of the arm it is compared with.
        confidence: that all intervals of the study hold at once.
        comparisons: how many of them the study makes.
        draws: of the bootstrap over dialogues.
        rng_seed: of those draws.

    Raises:
        NotPairedError: the arms have other dialogues.
        NotEnoughError: no common seed, or too few dialogues.
    """
    if not 0.5 <= confidence < 1 or comparisons < 1 or draws < 100:
        raise ValueError(
            "confidence is 0.5 to below 1, comparisons at least 1, draws at least 100."
        )
    pairs = paired(a, b)
    spread = variances(pairs)
    seeds, dialogues = pairs.gaps.shape
    estimate = float(pairs.gaps.sum() / (seeds * pairs.tokens.sum()))
    lower, upper = (
        Side(tail, spread, seeds, comparisons)
        for tail in dialogue_tails(pairs, draws=draws, rng_seed=rng_seed)
    )
    level = np.array([(1 - confidence) / comparisons])
    p_value = (lower if estimate > 0 else upper).p_value(abs(estimate), level)
    return Difference(
        estimate=estimate,
        low=estimate - float(lower.widths(level)[0]),
        high=estimate + float(upper.widths(level)[0]),
        seeds=seeds,
        dialogues=dialogues,
        paired_seeds=pairs.seeds,
        confidence=confidence,
        comparisons=comparisons,
        p_value=p_value,
        corrected_p_value=min(1.0, p_value * comparisons),
        variances=spread,
        dialogue_factors=(
            float(lower.tail.factors(level)[0]),
            float(upper.tail.factors(level)[0]),
        ),
        identical=not pairs.gaps.any(),
    )
