"""Fewer points that look like all: ends, extremes, gaps and order stay; the number is bounded."""

import math
import random

import pytest

from finetune.runs.page.thinning import rows_kept, rows_of

NAMES = ("loss", "rate", "speed")


def columns_of(count, seed=1):
    draw = random.Random(seed)
    return {
        "step": list(range(count)),
        "loss": [3 + math.exp(-at / 50) + draw.gauss(0, 0.2) for at in range(count)],
        "rate": [1 - at / count for at in range(count)],
        "speed": [draw.choice([100.0, 120.0, 130.0]) for _ in range(count)],
        "none": [None] * count,
    }


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100])
def test_few_rows_stay_as_they_are(count):
    columns = columns_of(count)
    assert rows_kept(columns, 100, names=NAMES) == list(range(count))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 50, 999])
@pytest.mark.parametrize("count", [1_000, 4_321])
def test_the_number_is_bounded_and_the_order_kept(count, limit):
    rows = rows_kept(columns_of(count), limit, names=(*NAMES, "none"))
    assert 1 <= len(rows) <= limit
    assert rows == sorted(set(rows))
    assert rows[-1] == count - 1
    assert limit == 1 or rows[0] == 0


def test_most_of_the_room_is_used():
    assert len(rows_kept(columns_of(20_000), 1_000, names=NAMES)) > 700


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_extremes_of_every_curve_stay(name, seed):
    columns = columns_of(5_000, seed)
    columns[name][1_234] = 99.0
    columns[name][4_321] = -99.0
    rows = rows_kept(columns, 200, names=NAMES)
    assert {1_234, 4_321} <= set(rows)


def test_every_stretch_keeps_its_own_extremes():
    """What a screen shows of a pixel column is the span from its lowest to its highest value."""
    columns = columns_of(10_000)
    kept = rows_of(columns, rows_kept(columns, 1_002, names=("loss",)))
    for start in range(0, 10_000, 100):  # a hundred columns of the screen
        whole = columns["loss"][start : start + 100]
        inside = [
            value
            for step, value in zip(kept["step"], kept["loss"], strict=True)
            if start <= step < start + 100
        ]
        assert (min(inside), max(inside)) == (min(whole), max(whole))


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf])
def test_a_gap_stays_a_gap_and_is_no_extreme(nothing):
    columns = columns_of(5_000)
    for at in range(2_000, 2_600):
        columns["loss"][at] = nothing
    columns["loss"][3_000] = 50.0
    rows = rows_kept(columns, 300, names=NAMES)
    assert any(2_000 <= at < 2_600 for at in rows)
    assert 3_000 in rows
    assert len(rows) <= 300


def test_rows_that_somebody_asks_for_stay():
    asked = [17, 171, 1_717]
    assert set(asked) <= set(rows_kept(columns_of(5_000), 100, names=NAMES, kept=asked))
    every = rows_kept(columns_of(5_000), 100, names=NAMES, kept=range(5_000))
    assert len(every) <= 100
    assert {0, 4_999} <= set(every)


def test_a_column_without_any_number_takes_no_room():
    columns = columns_of(5_000)
    assert rows_kept(columns, 300, names=("none", *NAMES)) == rows_kept(columns, 300, names=NAMES)
