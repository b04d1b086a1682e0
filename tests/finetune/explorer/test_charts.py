"""Bars, tables and counts of an experiment."""

import pytest

from finetune.explorer.charts import (
    chart_words,
    counts_tables,
    height_of,
    values_chart,
    values_table,
)

RESULT = {
    "circuit": {"observables": ["Z0", "Z1"]},
    "exact": [1.0, -0.5],
    "backends": [
        {
            "name": "aer",
            "title": "Aer, ideal",
            "state": "done",
            "values": [0.98, -0.4],
            "stderr": [0.02, 0.02],
            "counts": [["00", 60], ["10", 20]],
            "outcomes": 2,
            "circuits": 2,
            "shots": 200,
        },
        {"name": "wukong", "title": "Wukong", "state": "waiting"},
    ],
}


def test_bars_reach_from_zero_to_the_value():
    chart = values_chart(RESULT)
    (up,), (down,) = (group.bars for group in chart.groups)
    assert up.y + up.height == pytest.approx(chart.zero)
    assert up.y == height_of(0.98)
    assert down.y == chart.zero
    assert down.y + down.height == pytest.approx(height_of(-0.4))
    assert (up.low, up.high) == (height_of(0.96), height_of(1.0))
    assert chart.groups[0].exact_y == height_of(1.0)
    assert "Z0, Aer, ideal: 0.9800 ± 0.0200" in up.words


def test_what_lies_outside_is_cut_at_the_edge():
    assert (
        height_of(7.0) == height_of(1.05) < height_of(1.0) < height_of(-1.0) < height_of(-2.0) + 1
    )


def test_the_table_counts_standard_errors():
    (_, exact, (near,)), (_, _, (far,)) = values_table(RESULT)
    assert exact == 1.0
    assert near.distance == pytest.approx(1.0)
    assert not near.far
    assert far.distance == pytest.approx(5.0)
    assert far.far


def test_without_exact_values_nothing_is_compared():
    alone = {**RESULT, "exact": None}
    assert values_table(alone)[0][2][0].distance is None
    assert values_chart(alone).groups[0].exact_y is None
    assert "from -1 to 1" in chart_words(values_chart(alone), alone)


def test_the_sentence_names_the_largest_gap():
    assert chart_words(values_chart(RESULT), RESULT) == (
        "Against the exact values, Aer, ideal is off by at most 0.100."
    )


def test_nothing_to_draw():
    assert values_chart({}) is None
    assert chart_words(None, {}) == ""


def test_a_chart_shows_twelve_observables_of_many():
    many = {"circuit": {"observables": [f"Z{n}" for n in range(72)]}, "exact": [0.0] * 72}
    chart = values_chart(many)
    assert (len(chart.groups), chart.left_out) == (12, 60)
    assert len(values_table(many)) == 72


def test_shares_are_of_one_circuits_shots():
    (table,) = counts_tables(RESULT)
    assert [row["share"] for row in table["rows"]] == [0.6, 0.2]
    assert table["rows"][0]["length"] == 1.0
