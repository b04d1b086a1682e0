"""Drawing dialogues again: the same each time, Student's t where all is normal, wider where not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from finetune.studies.statistics.resampling import dialogue_tails, drawn, two_sided
from finetune.studies.statistics.scores import Array, Paired

LEVELS = np.array([0.2, 0.05, 0.01, 1e-4])


def pairs_of(gaps: Array) -> Paired:
    return Paired(gaps[None], np.ones(len(gaps)), (0,))


@pytest.mark.parametrize("degrees", [1, 2, 9, 99])
def test_students_t_is_scipys(degrees):
    assert two_sided(degrees, LEVELS) == pytest.approx(stats.t.isf(LEVELS / 2, degrees))


def test_each_draw_takes_as_many_dialogues_as_there_are(monkeypatch):
    monkeypatch.setattr("finetune.studies.statistics.resampling.AT_ONCE", 1000)
    blocks = drawn.__wrapped__(30, 100, 0)
    assert [block.shape for block in blocks] == [(33, 30)] * 3 + [(1, 30)]
    counts = np.concatenate(blocks)
    assert (counts.sum(1) == 30).all()
    assert counts.mean(0) == pytest.approx(np.ones(30), abs=0.5)
    assert counts.var() == pytest.approx(1 - 1 / 30, rel=0.1)  # multinomial


def test_normal_dialogues_are_students():
    """The draws' own t, without the bound from below, is Student's as well."""
    quantiles = stats.norm.ppf((np.arange(60) + 0.5) / 60)
    lower, upper = dialogue_tails(pairs_of(quantiles), draws=20_000, rng_seed=0)
    for tail in (lower, upper):
        assert tail.factors(LEVELS) == pytest.approx(stats.t.isf(LEVELS / 2, 59), rel=0.06)
        assert np.quantile(tail.draws, 0.975) == pytest.approx(stats.t.isf(0.025, 59), rel=0.06)


def test_a_long_tail_reaches_further_on_its_side_and_never_less_than_student():
    """The mean of a sample without the rare large values lies below the truth."""
    quantiles = stats.expon.ppf((np.arange(40) + 0.5) / 40)
    lower, upper = dialogue_tails(pairs_of(quantiles), draws=2000, rng_seed=0)
    student = stats.t.isf(LEVELS / 2, 39)
    assert (upper.factors(LEVELS) > 1.15 * student).all()
    assert lower.factors(LEVELS) == pytest.approx(student)


def test_a_smaller_level_always_reaches_further():
    gaps = np.random.default_rng(5).lognormal(size=25)
    levels = np.logspace(-0.01, -8, 300)
    for tail in dialogue_tails(pairs_of(gaps), draws=2000, rng_seed=0):
        assert (np.diff(tail.factors(levels)) > 0).all()


def test_the_same_draws_come_again_and_others_with_another_seed():
    gaps = np.random.default_rng(6).normal(size=20)
    first, again, other = (
        dialogue_tails(pairs_of(gaps), draws=500, rng_seed=seed)[0].draws for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_draw_of_equal_dialogues_is_no_infinity():
    """Of a hundred answers one differs: a third of the draws miss it."""
    gaps = np.zeros(100)
    gaps[0] = 1.0
    lower, upper = dialogue_tails(pairs_of(gaps), draws=2000, rng_seed=0)
    assert np.isfinite(lower.draws).all()
    assert upper.factors(np.array([0.05]))[0] == pytest.approx(4, rel=0.02)  # of `1 / 16`
