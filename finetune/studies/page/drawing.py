"""Curves and intervals as SVG, for where no script draws them: the report, and paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 34
TICKS = 5


@dataclass(frozen=True)
class Line:
    """One curve in the picture's own units."""

    name: str
    number: int
    dash: str
    path: str


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Picture:
    """What a template draws: curves, ticks, the frame."""

    lines: list[Line]
    across: list[Tick]
    up: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart_svg(lines: Sequence[dict[str, Any]]) -> Picture | None:
    """The held-out losses of all arms by step; None where nothing was measured."""
    curves = [
        (
            line,
            [
                (step, loss)
                for step, loss in zip(
                    line["evaluation"]["step"], line["evaluation"]["validation_loss"], strict=True
                )
                if loss is not None
            ],
        )
        for line in lines
    ]
    points = [point for _line, own in curves for point in own]
    if not points:
        return None
    across = scale([step for step, _loss in points], LEFT, WIDTH - RIGHT)
    up = scale([loss for _step, loss in points], HEIGHT - BOTTOM, TOP)
    return Picture(
        lines=[
            Line(
                line["name"],
                line["number"],
                " ".join(map(str, line["dash"])),
                " ".join(
                    f"{'L' if at else 'M'}{across(step):.1f} {up(loss):.1f}"
                    for at, (step, loss) in enumerate(own)
                ),
            )
            for line, own in curves
            if own
        ],
        across=ticks([step for step, _loss in points], across, whole=True),
        up=ticks([loss for _step, loss in points], up),
    )


def scale(values: Sequence[float], first: float, last: float) -> Any:
    """From values to places between `first` and `last`."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return lambda value: first + (last - first) * (value - low) / span


def ticks(values: Sequence[float], place: Any, *, whole: bool = False) -> list[Tick]:
    low, high = min(values), max(values)
    if low == high:
        return [Tick(place(low), number(low, whole))]
    marks = [low + (high - low) * at / (TICKS - 1) for at in range(TICKS)]
    if whole:
        marks = sorted({float(round(mark)) for mark in marks})
    return [Tick(place(mark), number(mark, whole)) for mark in marks]


def number(value: float, whole: bool) -> str:
    return f"{value:.0f}" if whole else f"{value:.3g}"


@dataclass(frozen=True)
class Whisker:
    """An interval as a drawing: from `low` to `high` with a dot, in a box of 200 units."""

    low: float
    dot: float
    high: float
    zero: float


def whiskers(intervals: Sequence[tuple[float, float, float]]) -> list[Whisker]:
    """Intervals (low, estimate, high) on one axis that has zero on it."""
    if not intervals:
        return []
    ends = [0.0, *(end for low, _dot, high in intervals for end in (low, high))]
    place = scale(ends, 6.0, 194.0)
    return [
        Whisker(*(round(place(value), 2) for value in (low, dot, high, 0.0)))
        for low, dot, high in intervals
    ]
