"""The bootstrap over dialogues: how far from the truth the difference may be in its own errors.

Each draw takes as many dialogues as there are, with replacement, with all their seeds, and gives
`t = (difference of the draw − difference) / standard error of the draw`. The quantiles of t stand
where a table of Student's t would: they know of skew, of heavy tails and of a few long dialogues
(Efron's bootstrap-t; Hesterberg 2015, arXiv 1411.5279, on why it and not percentiles, which
are too narrow for few dialogues). They are taken only where they are larger than Student's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .scores import Array, Paired
from .variances import leverages

AT_ONCE = 2_000_000  # numbers drawn at a time
SMALLEST_VARIANCE = 1 / 16  # of a draw, against that of the data: a draw may hold one dialogue only
IN_THE_TAIL = 10  # draws beyond a quantile that it takes to trust it


@dataclass(frozen=True, eq=False)
class Tail:
    """How many standard errors the truth may lie to one side of a difference.

    Attributes:
        draws: sorted t of the draws, those far to this side last; empty where nothing varies.
        degrees: of freedom of Student's t, dialogues less one.
    """

    draws: Array
    degrees: int

    def factors(self, levels: Array) -> Array:
        """Standard errors to the end of an interval that misses so often on both sides together.

        Beyond the quantile that the draws can tell, Student's t goes on in the same proportion.
        """
        student = two_sided(self.degrees, levels)
        if not len(self.draws):
            return student
        told = np.maximum(levels, 2 * IN_THE_TAIL / len(self.draws))
        places = (np.arange(len(self.draws)) + 0.5) / len(self.draws)
        drawn = np.interp(1 - told / 2, places, self.draws)
        ratio: Array = np.maximum(drawn / two_sided(self.degrees, told), 1.0)
        return student * ratio


def two_sided(degrees: int, levels: Array) -> Array:
    """Student's t that is exceeded on both sides together with these probabilities."""
    quantiles: Array = -special.stdtrit(float(degrees), np.asarray(levels) / 2)
    return quantiles


def dialogue_tails(pairs: Paired, *, draws: int, rng_seed: int) -> tuple[Tail, Tail]:
    """Draw dialogues again and again; the tails for the lower and the upper end of an interval.

    Args:
        pairs: the differences.
        draws: how many times.
        rng_seed: the same gives the same draws.
    """
    gaps, tokens = pairs.gaps.mean(0), pairs.tokens  # (dialogues,)
    total, factors = tokens.sum(), leverages(pairs.tokens)
    rest = gaps - gaps.sum() / total * tokens
    own = (factors * rest**2).sum() / total**2
    if own <= 0:
        return Tail(np.empty(0), len(tokens) - 1), Tail(np.empty(0), len(tokens) - 1)
    moments = np.stack(
        [rest, tokens, factors * rest**2, factors * rest * tokens, factors * tokens**2], axis=1
    )
    sums = np.concatenate([counts @ moments for counts in drawn(len(tokens), draws, rng_seed)])
    shift = sums[:, 0] / sums[:, 1]  # from the difference to that of the draw, (draws,)
    squares = sums[:, 2] - 2 * shift * sums[:, 3] + shift**2 * sums[:, 4]
    errors = np.sqrt(np.maximum(squares / sums[:, 1] ** 2, SMALLEST_VARIANCE * own))
    t = np.sort(shift / errors)
    return Tail(t, len(tokens) - 1), Tail(-t[::-1], len(tokens) - 1)


@lru_cache(maxsize=2)
def drawn(dialogues: int, draws: int, rng_seed: int) -> tuple[NDArray[np.uint8], ...]:
    """How often each dialogue was drawn, in blocks of (draws, dialogues)."""
    rng = np.random.default_rng(rng_seed)
    rows = max(1, AT_ONCE // dialogues)
    blocks = []
    for start in range(0, draws, rows):
        size = min(rows, draws - start)
        picks = rng.integers(0, dialogues, (size, dialogues))
        picks += np.arange(size)[:, None] * dialogues
        counts = np.bincount(picks.ravel(), minlength=size * dialogues)
        blocks.append(counts.reshape(size, dialogues).astype(np.uint8))  # (draws, dialogues)
    return tuple(blocks)
