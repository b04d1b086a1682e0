"""How many more seeds it would take to see a difference of a stated size.

The variances that were measured say what they would be with more seeds or dialogues; how far the
interval would then reach is known up to the chi-square of the seeds' variance, over which the
chance that it leaves zero out is an integral. With few seeds the answer is a guess, since it rests
on a variance that few seeds measured: two of them may be off by a factor of ten.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from .critical import chi_square_nodes, critical
from .differences import Difference
from .variances import Variances

POWER = 0.8
SIZE = 0.005  # nats a token
MOST_SEEDS = 1000


class Limit(enum.StrEnum):
    """What keeps a study from seeing a difference."""

    NOTHING = "nothing"  # it is large enough
    SEEDS = "seeds"
    DIALOGUES = "dialogues"  # no number of seeds would do on these
    UNKNOWN = "unknown"  # one seed says nothing of others


@dataclass(frozen=True)
class Needed:
    """What a study lacks.

    Attributes:
        limit: what keeps it from seeing the difference.
        size: of the difference, in its unit.
        power: chance that the difference is found with what is needed.
        more_seeds: beside those there are, 0 where they suffice; None where they are not known or
            would be more than a thousand.
        dialogues: how many there would have to be in all, where there are too few; else None.
            `more_seeds` is then with these.
    """

    limit: Limit
    size: float
    power: float
    more_seeds: int | None
    dialogues: int | None = None


def seeds_needed(difference: Difference, size: float = SIZE, *, power: float = POWER) -> Needed:
    """Say how many more seeds would be needed to see a difference of `size`.

    Args:
        difference: what was measured; its confidence and comparisons count.
        size: of the difference to see, above zero.
        power: chance to find it, between 0 and 1.
    """
    if size <= 0 or not 0 < power < 1:
        raise ValueError("The size must be above zero, and power between 0 and 1.")
    if not difference.seeds_known:
        return Needed(Limit.UNKNOWN, size, power, None)
    seeds = _seeds(difference, difference.dialogues, size, power)
    if seeds is not None:
        more = seeds - difference.seeds
        return Needed(Limit.SEEDS if more else Limit.NOTHING, size, power, more)
    dialogues = _dialogues(difference, size, power)
    if dialogues <= difference.dialogues:
        return Needed(Limit.SEEDS, size, power, None)
    seeds = _seeds(difference, dialogues, size, power)
    more_seeds = None if seeds is None else seeds - difference.seeds
    return Needed(Limit.DIALOGUES, size, power, more_seeds, dialogues)


def chance(difference: Difference, size: float, *, seeds: int, dialogues: int) -> float:
    """How likely a study finds a difference of `size` with so many seeds and dialogues."""
    spread = scaled(difference, seeds, dialogues)
    squares, weights = chi_square_nodes(seeds - 1)
    measured = spread.seeds * squares / (seeds - 1)  # (nodes,)
    total = measured + spread.dialogues_alone
    if spread.total <= 0:
        return 1.0
    normal = float(np.mean(difference.dialogue_factors))
    levels = np.array([difference.level])
    share = np.divide(measured, total, out=np.zeros_like(total), where=total > 0)
    factors = critical(
        np.array([normal]),
        levels,
        seeds=seeds,
        seeds_share=share,
        comparisons=difference.comparisons,
    )
    widths = np.maximum(factors * np.sqrt(total), normal * np.sqrt(spread.dialogues))
    found = special.ndtr((size - widths) / np.sqrt(spread.total))
    return float(found @ weights)


def scaled(difference: Difference, seeds: int, dialogues: int) -> Variances:
    """The variances with another number of seeds and of dialogues."""
    spread = difference.variances
    by_seeds, by_dialogues = difference.seeds / seeds, difference.dialogues / dialogues
    rest = spread.rest * by_seeds * by_dialogues
    of_seeds = max(spread.seeds - spread.rest, 0.0) * by_seeds
    of_dialogues = spread.dialogues_alone * by_dialogues
    return Variances(of_seeds + rest, of_dialogues + rest, rest)


def _seeds(difference: Difference, dialogues: int, size: float, power: float) -> int | None:
    """The fewest seeds that suffice, at least those there are; None beyond `MOST_SEEDS`."""

    def suffice(seeds: int) -> bool:
        return chance(difference, size, seeds=seeds, dialogues=dialogues) >= power

    if suffice(difference.seeds):
        return difference.seeds
    low, high = difference.seeds, 2 * difference.seeds
    while not suffice(high):
        if high >= MOST_SEEDS:
            return None
        low, high = high, min(2 * high, MOST_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffice(middle) else (middle, high)
    return high


def _dialogues(difference: Difference, size: float, power: float) -> int:
    """So many that they take half of the variance that there may be, and leave half to seeds.

    Rounded up to two digits, since more are not known.
    """
    reach = float(np.mean(difference.dialogue_factors) + special.ndtri(power))
    alone = difference.variances.dialogues_alone * difference.dialogues
    exact = max(2 * alone * (reach / size) ** 2, 1.0)
    unit: int = 10 ** max(math.floor(math.log10(exact)) - 1, 0)
    return math.ceil(exact / unit) * unit
