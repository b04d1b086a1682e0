"""Numbers in a sentence: as few digits as do not contradict what the sentence says."""

from __future__ import annotations

import math
from collections.abc import Sequence

FEWEST_DECIMALS = 3
MOST_DECIMALS = 7
MINUS = "−"


def decimals_for(low: float, high: float, marks: Sequence[float]) -> int:
    """How many decimals an interval needs.

    Two digits of its width, and so many that an end stays on its side of every mark: an interval
    that leaves zero out is never printed as if it touched it.

    Args:
        low: lower end.
        high: upper end.
        marks: values that count, such as zero and the size asked for.
    """
    width = high - low
    decimals = FEWEST_DECIMALS
    if width > 0:
        decimals = max(decimals, 1 - math.floor(math.log10(width)))
    while decimals < MOST_DECIMALS and not _keeps_sides(low, high, marks, decimals):
        decimals += 1
    return min(decimals, MOST_DECIMALS)


def _keeps_sides(low: float, high: float, marks: Sequence[float], decimals: int) -> bool:
    return all(
        _side(round(end, decimals), round(mark, decimals)) == _side(end, mark)
        for end in (low, high)
        for mark in marks
    )


def _side(value: float, mark: float) -> int:
    return (value > mark) - (value < mark)


def interval_figures(
    estimate: float, low: float, high: float, marks: Sequence[float]
) -> tuple[str, str, str]:
    """Write an estimate between the ends of its interval.

    An end that is not zero is not written as zero, but as the smallest number that can be written;
    an estimate is never written beyond an end.
    """
    decimals = decimals_for(low, high, marks)
    first, last = (_not_zero(end, decimals) for end in (low, high))
    middle = min(max(round(estimate, decimals), first), last)
    estimated, lower, upper = (_text(value, decimals) for value in (middle, first, last))
    return estimated, lower, upper


def _not_zero(end: float, decimals: int) -> float:
    rounded = round(end, decimals)
    return math.copysign(10**-decimals, end) if rounded == 0 and end != 0 else rounded


def _text(value: float, decimals: int) -> str:
    return (MINUS if value < 0 else "") + f"{abs(value):.{decimals}f}"


def shortest(value: float) -> str:
    """Write a number that a person chose, as they would: 0.005."""
    return f"{value:.10f}".rstrip("0").rstrip(".")
