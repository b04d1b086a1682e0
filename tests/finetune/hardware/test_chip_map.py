"""The chip's map: lattices stand as lattices, dead couplers are dead, anything else is a circle."""

import pytest

from finetune.hardware.chip_map import chip_map, level_of
from quantum.chips.calibration import Calibration, Coupler, QubitFigures


def chip(n_qubits, pairs, *, missing=(), fidelity=0.97):
    qubits = {q: QubitFigures(0.996, 0.93, 12.0, 1.5) for q in range(n_qubits) if q not in missing}
    return Calibration(
        "toy", "2026-01-01", n_qubits, qubits, tuple(Coupler(a, b, fidelity) for a, b in pairs)
    )


def lattice(rows, columns):
    steps = [(q, q + 1) for q in range(rows * columns) if (q + 1) % columns]
    return steps + [(q, q + columns) for q in range((rows - 1) * columns)]


@pytest.mark.parametrize(("rows", "columns"), [(12, 6), (3, 4), (2, 2)])
def test_a_lattice_is_drawn_as_one(rows, columns):
    drawn = chip_map(chip(rows * columns, lattice(rows, columns)))
    assert drawn.layout == f"lattice of {rows} × {columns}"
    first, last = drawn.nodes[0], drawn.nodes[-1]
    assert (last.x - first.x, last.y - first.y) == ((columns - 1) * 64, (rows - 1) * 64)
    assert {abs(one.x1 - one.x2) + abs(one.y1 - one.y2) for one in drawn.links} == {64.0}


@pytest.mark.parametrize(
    "pairs",
    [
        [(0, 1), (0, 2), (0, 3)],  # a star
        [(0, 1), (1, 2), (2, 3), (3, 4), (0, 3)],  # a row that wraps
        [(2, 3), (0, 3)],  # 2 and 3 cannot be neighbours in rows of three
    ],
)
def test_what_is_no_lattice_is_a_circle(pairs):
    drawn = chip_map(chip(5, pairs))
    assert "circle" in drawn.layout
    places = {(node.x, node.y) for node in drawn.nodes}
    assert len(places) == 5
    assert all(0 < x < drawn.width and 0 < y < drawn.height for x, y in places)


def test_dead_and_cut_off_couplers_are_told_apart_from_live_ones():
    figures = chip(4, [(0, 1), (1, 2)], missing=(2,))
    figures = Calibration(
        "toy", "2026-01-01", 4, figures.qubits, (*figures.couplers, Coupler(2, 3, 0.0))
    )
    drawn = chip_map(figures)
    words = {(one.first, one.second): (one.level, one.words) for one in drawn.links}
    assert words[0, 1] == (3, "Coupler 0–1: CZ fidelity 0.9700")
    assert words[1, 2][0] == -1
    assert "one of its qubits is not available" in words[1, 2][1]
    assert words[2, 3] == (-1, "Coupler 2–3: dead")
    assert (drawn.available, drawn.live, drawn.dead, drawn.largest_part) == (3, 1, 2, 2)
    assert [node.available for node in drawn.nodes] == [True, True, False, True]
    assert drawn.links[0].level == -1  # painted first, so that live ones lie on top
    assert [level for level, _ in drawn.legend] == [3, -1]


def test_a_chip_without_couplers_is_drawn():
    drawn = chip_map(chip(1, []))
    assert (len(drawn.nodes), drawn.live, drawn.largest_part) == (1, 0, 1)


@pytest.mark.parametrize(
    ("fidelity", "level"), [(0.5, 0), (0.94, 1), (0.9599, 1), (0.99, 5), (1.0, 5)]
)
def test_levels(fidelity, level):
    assert level_of(fidelity) == level
