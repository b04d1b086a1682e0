"""A chip's calibration as a drawing: where qubits and couplers stand, and what each one says.

The template only writes what is computed here. Knows nothing about keys or how figures are fetched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from quantum.chips.calibration import Calibration, Coupler

STEP = 64.0  # distance of neighbours in the drawing's units
RADIUS = 17.0
EDGE = 30.0
# Lower bounds of the classes f1 to f5; below the first a working coupler is f0.
BOUNDS = (0.94, 0.96, 0.97, 0.98, 0.99)


@dataclass(frozen=True)
class Node:
    """One qubit."""

    qubit: int
    x: float
    y: float
    available: bool
    words: str


@dataclass(frozen=True)
class Link:
    """One coupler; `level` is its class of fidelity, or -1 where it is dead."""

    first: int
    second: int
    x1: float
    y1: float
    x2: float
    y2: float
    level: int
    fidelity: float
    words: str


@dataclass(frozen=True)
class ChipMap:
    """A drawing and the figures that stand beside it."""

    width: float
    height: float
    radius: float
    nodes: list[Node]
    links: list[Link]
    layout: str
    available: int
    live: int
    dead: int
    largest_part: int
    legend: list[tuple[int, str]]


def chip_map(calibration: Calibration) -> ChipMap:
    """Place a chip: as a lattice where its couplers allow that, else in a circle."""
    columns = lattice_columns(calibration)
    count = calibration.n_qubits
    if columns:
        places = [(EDGE + STEP * (q % columns), EDGE + STEP * (q // columns)) for q in range(count)]
        layout = _("lattice of %(rows)s × %(columns)s") % {
            "rows": math.ceil(count / columns),
            "columns": columns,
        }
    else:
        places = circle(count)
        layout = _("circle, since its couplers make no lattice")
    dead_ends = {number for number in range(count) if number not in calibration.qubits}
    links = [link(coupler, places, dead_ends) for coupler in calibration.couplers]
    live = sum(1 for one in links if one.level >= 0)
    parts = calibration.parts()
    levels = {one.level for one in links}
    return ChipMap(
        width=max(x for x, _ in places) + EDGE,
        height=max(y for _, y in places) + EDGE,
        radius=RADIUS,
        nodes=[node(calibration, number, *places[number]) for number in range(count)],
        links=sorted(links, key=lambda one: one.level),
        layout=layout,
        available=len(calibration.qubits),
        live=live,
        dead=len(links) - live,
        largest_part=len(parts[0]) if parts else 0,
        legend=[(level, level_words(level)) for level in range(len(BOUNDS), -2, -1)
                if level in levels],
    )  # fmt: skip


def lattice_columns(calibration: Calibration) -> int:
    """Qubits in a row, if every coupler joins q with q + 1 in a row or with q + columns; else 0."""
    steps = {abs(one.first - one.second) for one in calibration.couplers}
    wide = steps - {1}
    if not steps or len(wide) > 1:
        return 0
    columns = wide.pop() if wide else calibration.n_qubits
    wraps = any(
        abs(one.first - one.second) == 1 and max(one.first, one.second) % columns == 0
        for one in calibration.couplers
    )
    too_long = columns > 24
    return 0 if wraps or too_long else columns


def circle(count: int) -> list[tuple[float, float]]:
    """Evenly on a circle, the first qubit at the top, clockwise."""
    radius = max(1.2 * STEP, count * (2 * RADIUS + 6) / (2 * math.pi))
    middle = radius + EDGE
    turns = (2 * math.pi * number / max(count, 1) for number in range(count))
    return [
        (round(middle + radius * math.sin(turn), 1), round(middle - radius * math.cos(turn), 1))
        for turn in turns
    ]


def link(coupler: Coupler, places: list[tuple[float, float]], dead_ends: set[int]) -> Link:
    first, second = sorted((coupler.first, coupler.second))
    (x1, y1), (x2, y2) = places[first], places[second]
    works = coupler.fidelity > 0 and not dead_ends & {first, second}
    if works:
        words = _("Coupler %(first)s–%(second)s: CZ fidelity %(fidelity)s") % {
            "first": first,
            "second": second,
            "fidelity": f"{coupler.fidelity:.4f}",
        }
    elif coupler.fidelity > 0:
        words = _(
            "Coupler %(first)s–%(second)s: not usable, one of its qubits is not available"
        ) % {"first": first, "second": second}
    else:
        words = _("Coupler %(first)s–%(second)s: dead") % {"first": first, "second": second}
    return Link(
        first, second, x1, y1, x2, y2, level_of(coupler.fidelity) if works else -1,
        coupler.fidelity, words,
    )  # fmt: skip


def level_of(fidelity: float) -> int:
    return sum(fidelity >= bound for bound in BOUNDS)


def level_words(level: int) -> str:
    """What a class means, for the legend.

    >>> level_words(5), level_words(2), level_words(0), level_words(-1)
    ('0.99 and more', '0.96 to 0.97', 'below 0.94', 'dead or not usable')
    """
    if level < 0:
        return _("dead or not usable")
    if level == 0:
        return _("below %(bound)s") % {"bound": f"{BOUNDS[0]:g}"}
    if level == len(BOUNDS):
        return _("%(bound)s and more") % {"bound": f"{BOUNDS[-1]:g}"}
    return _("%(low)s to %(high)s") % {
        "low": f"{BOUNDS[level - 1]:g}",
        "high": f"{BOUNDS[level]:g}",
    }


def node(calibration: Calibration, number: int, x: float, y: float) -> Node:
    figures = calibration.qubits.get(number)
    if figures is None:
        return Node(number, x, y, False, _("Qubit %(number)s: not available") % {"number": number})
    words = _("Qubit %(number)s: one-qubit gate %(single)s, readout %(readout)s") % {
        "number": number,
        "single": f"{figures.single_fidelity:.4f}",
        "readout": f"{figures.readout_fidelity:.4f}",
    }
    if figures.t1_us:
        words += f", T1 {figures.t1_us:.1f} µs"
    if figures.t2_us:
        words += f", T2 {figures.t2_us:.2f} µs"
    return Node(number, x, y, True, words)
