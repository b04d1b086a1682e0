"""An experiment's values as a table and as bars, and its counts as lengths.

Knows nothing about how they were computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

SHOWN = 12  # observables in the chart; the table has all
WIDTH, HEIGHT = 640.0, 240.0
TOP_EDGE, LEFT = 10.0, 40.0
FLOOR = HEIGHT - 26.0
FAR = 3.0  # standard errors from which a difference is marked


@dataclass(frozen=True)
class Bar:
    """One value: a bar from zero, and a line over one standard error to both sides."""

    series: int
    x: float
    y: float
    width: float
    height: float
    middle: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Group:
    """All values of one observable."""

    label: str
    middle: float
    bars: list[Bar]
    exact_y: float | None
    left: float
    right: float


@dataclass(frozen=True)
class Chart:
    width: float
    height: float
    zero: float
    groups: list[Group]
    ticks: list[tuple[float, str]]
    left_out: int
    left: float = LEFT
    label_x: float = LEFT - 6


@dataclass(frozen=True)
class Cell:
    """A sampled value, its standard error, and its distance from the exact one in such errors."""

    value: float
    stderr: float
    distance: float | None
    far: bool


def columns_done(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [column for column in result.get("backends", []) if column.get("state") == "done"]


def height_of(value: float) -> float:
    """Where a value from -1 to 1 stands; what lies outside (mitigation can) is cut at the edge."""
    bounded = max(-1.05, min(1.05, value))
    return round(TOP_EDGE + (1.05 - bounded) / 2.1 * (FLOOR - TOP_EDGE), 1)


def values_chart(result: Mapping[str, Any]) -> Chart | None:
    """Bars by observable, or None where there is nothing to draw."""
    names = result.get("circuit", {}).get("observables", [])
    exact, columns = result.get("exact"), columns_done(result)
    if not names or (exact is None and not columns):
        return None
    shown = names[:SHOWN]
    room = (WIDTH - LEFT) / len(shown)
    width = min(24.0, room * 0.8 / max(1, len(columns)))
    groups = []
    for place, name in enumerate(shown):
        middle = LEFT + room * (place + 0.5)
        first = middle - width * len(columns) / 2
        bars = [
            bar(number, first + number * width, width, column, place, name)
            for number, column in enumerate(columns)
        ]
        spread = max(width * len(columns), 16.0) / 2 + 3
        groups.append(
            Group(
                label=name,
                middle=round(middle, 1),
                bars=bars,
                exact_y=height_of(exact[place]) if exact is not None else None,
                left=round(middle - spread, 1),
                right=round(middle + spread, 1),
            )
        )
    ticks = [(height_of(value), f"{value:g}") for value in (1.0, 0.5, 0.0, -0.5, -1.0)]
    return Chart(WIDTH, HEIGHT, height_of(0.0), groups, ticks, len(names) - len(shown))


def bar(
    series: int, x: float, width: float, column: Mapping[str, Any], place: int, name: str
) -> Bar:
    value, error = column["values"][place], column["stderr"][place]
    zero, end = height_of(0.0), height_of(value)
    return Bar(
        series=series + 1,
        x=round(x + 1, 1),
        y=min(zero, end),
        width=round(width - 2, 1),
        height=round(max(abs(zero - end), 0.5), 1),
        middle=round(x + width / 2, 1),
        low=height_of(value - error),
        high=height_of(value + error),
        words=f"{name}, {column['title']}: {value:.4f} ± {error:.4f}",
    )


def values_table(result: Mapping[str, Any]) -> list[tuple[str, float | None, list[Cell]]]:
    """A row for each observable: its name, its exact value, a cell for each finished backend."""
    names = result.get("circuit", {}).get("observables", [])
    exact, columns = result.get("exact"), columns_done(result)
    return [
        (
            name,
            exact[place] if exact is not None else None,
            [cell(column, place, exact) for column in columns],
        )
        for place, name in enumerate(names)
    ]


def cell(column: Mapping[str, Any], place: int, exact: list[float] | None) -> Cell:
    value, error = column["values"][place], column["stderr"][place]
    distance = abs(value - exact[place]) / error if exact is not None and error > 0 else None
    return Cell(value, error, distance, distance is not None and distance > FAR)


def counts_tables(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each finished backend its most frequent outcomes, with their share of the shots."""
    tables = []
    for series, column in enumerate(columns_done(result), start=1):
        counts = column.get("counts") or []
        per_circuit = column["shots"] / max(1, column["circuits"])
        most = max((times for _, times in counts), default=1)
        rows = [
            {"bits": bits, "times": times, "share": times / per_circuit, "length": times / most}
            for bits, times in counts
        ]
        tables.append({**column, "series": series, "rows": rows})
    return tables


def chart_words(chart: Chart | None, result: Mapping[str, Any]) -> str:
    """The chart in one sentence."""
    if chart is None:
        return ""
    columns, exact = columns_done(result), result.get("exact")
    if exact is None or not columns:
        return _("Expectation values of %(number)s observables, from -1 to 1.") % {
            "number": len(chart.groups)
        }
    worst = {
        column["title"]: max(
            (abs(value - right) for value, right in zip(column["values"], exact, strict=True)),
            default=0.0,
        )
        for column in columns
    }
    parts = [
        _("%(title)s is off by at most %(gap)s") % {"title": title, "gap": f"{gap:.3f}"}
        for title, gap in worst.items()
    ]
    return _("Against the exact values, %(differences)s.") % {"differences": "; ".join(parts)}
