"""Intervals hold the true difference in 93 to 97 % of 1,000 made-up studies.

`docs/studies/statistics.md` has more of them, and those that hold it more often than they should.
"""

from __future__ import annotations

import pytest

from benchmarks.studies.coverage import coverage
from benchmarks.studies.made_scores import Setting

SETTINGS = [
    Setting(2, 100, 0.9),
    Setting(2, 30, 0.9, "heavy", 0.6),
    Setting(3, 100, 0.5),
    Setting(3, 30, 0.5),
    Setting(3, 100, 0.9, "skewed", 0.6),
    Setting(5, 30, 0.0, lengths=0.6),
    Setting(5, 100, 0.2, "heavy", 0.6),
    Setting(5, 100, 0.9, "skewed"),
    Setting(10, 30, 0.0, "heavy"),
    Setting(10, 30, 0.5, "skewed", 0.6),
    Setting(10, 100, 0.9),
    Setting(1, 100, 0.0, "skewed", 0.6),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_intervals_hold_the_true_difference(setting):
    assert 0.93 <= coverage(setting, 1000) <= 0.97


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_with_two_seeds_that_hardly_differ_they_hold_it_too_often_rather_than_too_seldom(share):
    assert 0.97 < coverage(Setting(2, 100, share), 500) <= 1
