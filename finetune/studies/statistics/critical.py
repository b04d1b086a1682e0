"""How many standard errors to go when part of them rests on few seeds.

Were seeds all that varies, Student's t with S − 1 degrees of freedom would be exact (12.7 for two
seeds); were it dialogues alone, the bootstrap's factor (about 2). Between them lies the problem of
Behrens and Fisher. Cochran and Cox (1957, Experimental Designs, 4.14) weigh the two by their
shares of the variance, `z + (t − z) · share`. The usual way, Satterthwaite's degrees of freedom
(1946), misses 12.8 % in place of 5 % with two seeds at the worst share, and 7.8 % with three.

Here it is Cochran and Cox with a power of the share, `z + (t − z) · share ** k`. For each number
of seeds and each level k is the largest for which the interval misses no more often than it may,
whatever the true share; so it is as narrow as that allows. The interval of one comparison may miss
1.1 times as often as it should, so that it does not miss far too seldom at other shares. Those of
several may not, so that they hold at once with the confidence that is stated (Boole's inequality).
Seeds' effects are taken to be normal, as with any t; the misses are an integral over the chi-square
of their variance.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from .resampling import two_sided
from .scores import Array

MOST_OF_ONE = 1.1  # misses at the worst share, against the level, of a single comparison
MOST_OF_SEVERAL = 1.005
LEVELS = np.logspace(np.log10(0.5), -6, 24)  # where k is worked out
LARGEST_POWER = 4.0
MOST_DEGREES = 30  # beyond, t and z are nearly one
HALVINGS = 12
NODES = 240  # of the integral
SHARES = np.concatenate(  # true shares tried, closer together near 0 and 1
    [np.logspace(-3, -0.3, 11), 1 - np.logspace(-0.4, -3, 11), [1.0]]
)


def critical(
    dialogue_factors: Array,
    levels: Array,
    *,
    seeds: int,
    seeds_share: float | Array,
    comparisons: int,
) -> Array:
    """Standard errors from the difference to an end of its interval.

    Args:
        dialogue_factors: what it would be for dialogues alone, one for each level.
        levels: error levels of both sides together.
        seeds: at least 2.
        seeds_share: estimated part of the variance that rests on seeds, 0 to 1.
        comparisons: that the study makes.
    """
    seed_factors = two_sided(seeds - 1, levels)
    most = MOST_OF_ONE if comparisons == 1 else MOST_OF_SEVERAL
    weight = np.asarray(seeds_share) ** powers(seeds - 1, levels, most)
    factors: Array = dialogue_factors + (seed_factors - dialogue_factors) * weight
    return factors


def powers(degrees: int, levels: Array, most: float) -> Array:
    """The k of each level."""
    known = calibrated(min(degrees, MOST_DEGREES), most)
    between: Array = np.interp(-np.log(levels), -np.log(LEVELS), known)
    return between


@lru_cache(maxsize=2 * MOST_DEGREES)
def calibrated(degrees: int, most: float) -> Array:
    """The k of each of `LEVELS`, by halving; a few hundredths of a second, once a process."""
    low, high = np.zeros(len(LEVELS)), np.full(len(LEVELS), LARGEST_POWER)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        fits = misses(middle, degrees, LEVELS).max(1) <= most * LEVELS
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low


def misses(powers_of_share: Array, degrees: int, levels: Array) -> Array:
    """How often intervals miss, by level and true share, (levels, SHARES).

    The difference is normal with variance 1, of which a share rests on seeds and is estimated with
    `degrees` degrees of freedom, and the rest is known.
    """
    squares, weights = chi_square_nodes(degrees)
    estimated = SHARES[:, None] * squares / degrees  # (shares, nodes)
    total = estimated + (1 - SHARES[:, None])
    share, error = estimated / total, np.sqrt(total)
    normal = -special.ndtri(levels / 2)
    gap = two_sided(degrees, levels) - normal
    rows = [
        2 * special.ndtr(-(z + more * share**k) * error) @ weights
        for z, more, k in zip(normal, gap, powers_of_share, strict=True)
    ]
    return np.stack(rows)


def chi_square_nodes(degrees: int) -> tuple[Array, Array]:
    """Values of chi-square and their weights, evenly spaced in the logarithm, (nodes,) each."""
    lowest = 2 * special.gammaincinv(degrees / 2, 1e-10)
    logs = np.linspace(np.log(lowest), np.log(special.chdtri(degrees, 1e-12)), NODES)
    density = degrees * logs / 2 - np.exp(logs) / 2  # logarithm of the logarithm's, unscaled
    weights = np.exp(density - density.max())
    return np.exp(logs), weights / weights.sum()
