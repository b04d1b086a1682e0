"""The factor between dialogues' and seeds' holds its bound at every share of the variance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from finetune.studies.statistics.critical import MOST_OF_ONE, SHARES, critical, misses, powers

LEVELS = np.array([0.05, 0.05 / 5, 0.05 / 15])
NORMAL = stats.norm.isf(LEVELS / 2)


def test_ends_are_the_dialogues_factor_and_students():
    for seeds in (2, 5):
        alone = critical(NORMAL, LEVELS, seeds=seeds, seeds_share=0.0, comparisons=1)
        assert alone == pytest.approx(NORMAL)
        all_of_it = critical(NORMAL, LEVELS, seeds=seeds, seeds_share=1.0, comparisons=1)
        assert all_of_it == pytest.approx(stats.t.isf(LEVELS / 2, seeds - 1))


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
@pytest.mark.parametrize(("comparisons", "level", "most"), [(1, 0.05, 1.1), (5, 0.01, 1.0)])
def test_intervals_miss_no_more_often_than_they_may(seeds, comparisons, level, most):
    """Simulated, at shares that were not tried: their variance is a chi-square of scipy's."""
    rng = np.random.default_rng(seeds)
    studies, levels = 200_000, np.array([level])
    missed = []
    for share in (0.03, 0.15, 0.4, 0.7, 0.87, 0.96, 0.985, 0.995):
        squares = stats.chi2.rvs(seeds - 1, size=studies, random_state=rng) / (seeds - 1)
        total = share * squares + 1 - share
        factors = critical(
            stats.norm.isf(levels / 2),
            levels,
            seeds=seeds,
            seeds_share=share * squares / total,
            comparisons=comparisons,
        )
        missed.append(np.mean(np.abs(rng.normal(size=studies)) > factors * np.sqrt(total)))
    error = 3 * np.sqrt(level / studies)
    assert max(missed) <= most * level + error
    assert max(missed) >= 0.9 * most * level  # they are as narrow as that allows


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_the_bound_is_met_at_each_level(seeds):
    worst = misses(powers(seeds - 1, LEVELS, MOST_OF_ONE), seeds - 1, LEVELS).max(1)
    assert worst == pytest.approx(MOST_OF_ONE * LEVELS, rel=0.01)


def test_misses_at_the_ends_are_the_level():
    """A share of one is Student's t itself, whatever the power."""
    missed = misses(np.array([0.7, 0.7, 0.7]), 2, LEVELS)
    assert SHARES[-1] == 1
    assert missed[:, -1] == pytest.approx(LEVELS, rel=0.01)


def test_satterthwaite_misses_as_often_as_the_docstring_says():
    squares = stats.chi2.ppf((np.arange(4000) + 0.5) / 4000, 1)
    most = 0.0
    for share in np.linspace(0.5, 0.99, 50):
        total = share * squares + 1 - share
        degrees = (total / (share * squares)) ** 2
        factors = stats.t.isf(0.025, degrees)
        most = max(most, np.mean(2 * stats.norm.sf(factors * np.sqrt(total))))
    assert most == pytest.approx(0.128, abs=0.002)


def test_the_factor_grows_as_the_level_falls():
    levels = np.logspace(-0.1, -6, 200)
    normal = stats.norm.isf(levels / 2)
    for seeds, share, comparisons in product((2, 4, 40), (0.1, 0.5, 0.95), (1, 2)):
        factors = critical(normal, levels, seeds=seeds, seeds_share=share, comparisons=comparisons)
        assert (np.diff(factors) > 0).all()
