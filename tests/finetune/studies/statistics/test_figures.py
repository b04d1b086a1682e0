"""Numbers have as few digits as do not contradict what is said of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from finetune.studies.statistics.figures import MINUS, decimals_for, interval_figures, shortest

VALUES = st.floats(-10, 10) | st.floats(-1e-3, 1e-3) | st.floats(-1e-8, 1e-8)


@pytest.mark.parametrize(
    ("low", "high", "marks", "decimals"),
    [
        (-0.014, 0.011, (0.0,), 3),
        (-1.4, 1.1, (0.0,), 3),
        (-0.00014, 0.00011, (0.0,), 5),  # two digits of the width
        (0.0002, 0.03, (0.0,), 4),  # above zero
        (-0.0302, 0.00004, (0.0,), 5),
        (-0.02, 0.00504, (0.005,), 5),  # beyond what was asked for
        (0.0, 0.0, (0.0,), 3),
        (1e-12, 1.0, (0.0,), 7),
    ],
)
def test_decimals(low, high, marks, decimals):
    assert decimals_for(low, high, marks) == decimals


def read(text: str) -> float:
    return float(text.replace(MINUS, "-"))


@given(VALUES, VALUES, VALUES, st.floats(0.001, 1).map(lambda size: round(size, 4)))
def test_numbers_stay_in_order_and_ends_on_their_side_of_zero_and_of_the_size(
    one, two, three, size
):
    low, estimate, high = sorted((one, two, three))
    assume(all(abs(abs(end) - size) > 1e-6 for end in (low, high)))
    figures = interval_figures(estimate, low, high, (0.0, size, -size))
    middle, first, last = (read(text) for text in figures)
    assert first <= middle <= last
    for printed, end in ((first, low), (last, high)):
        assert (printed > 0, printed < 0) == (end > 0, end < 0)
        assert (printed > size, printed < -size) == (end > size, end < -size)


@pytest.mark.parametrize(
    ("numbers", "figures"),
    [
        ((-0.0031, -0.0141, 0.0109), ("−0.003", "−0.014", "0.011")),
        ((-0.0001, -0.0141, 0.0109), ("0.000", "−0.014", "0.011")),
        ((0.0, 0.0, 0.0), ("0.000", "0.000", "0.000")),
        ((-0.0, -0.0, -0.0), ("0.000", "0.000", "0.000")),
        ((0.01, 0.00012, 0.02), ("0.0100", "0.0001", "0.0200")),
        ((2e-12, 1e-12, 1.0), ("0.0000001", "0.0000001", "1.0000000")),
    ],
)
def test_figures(numbers, figures):
    """A minus is a minus, and zero has none."""
    assert interval_figures(*numbers, (0.0,)) == figures


@pytest.mark.parametrize("value", [0.005, 0.05, 1.0, 0.0001, 2.5, 10.0, 100.0])
def test_a_chosen_number_is_written_as_it_was_chosen(value):
    assert shortest(value) == f"{value:g}"
    assert math.isclose(float(shortest(value)), value)
