"""Variances are those of a two-way table, of the jackknife, and of studies made over and over."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.studies.made_scores import Setting, made_arms
from finetune.studies.statistics.scores import Array, Paired, paired
from finetune.studies.statistics.variances import variances


def pairs_of(gaps: Array, tokens: Array | None = None) -> Paired:
    rows, dialogues = gaps.shape
    return Paired(gaps, np.ones(dialogues) if tokens is None else tokens, tuple(range(rows)))


def test_dialogues_of_one_length_give_the_mean_squares_of_a_two_way_table():
    """scipy has the one-way tables: each sum of squares is taken from its F."""
    gaps = np.random.default_rng(0).normal(size=(4, 25)) + np.arange(4)[:, None]
    total = gaps.var() * gaps.size
    within_seeds = sum(row.var() * 25 for row in gaps)
    within_dialogues = sum(column.var() * 4 for column in gaps.T)
    of_seeds = stats.f_oneway(*gaps).statistic * within_seeds / (100 - 4)  # mean square, 3
    of_dialogues = stats.f_oneway(*gaps.T).statistic * within_dialogues / (100 - 25)  # 24
    of_rest = (total - 3 * of_seeds - 24 * of_dialogues) / (3 * 24)
    found = variances(pairs_of(gaps))
    assert found.seeds == pytest.approx(of_seeds / 100)
    assert found.dialogues == pytest.approx(of_dialogues / 100)
    assert found.rest == pytest.approx(of_rest / 100)


def test_of_one_seed_it_is_the_square_of_the_standard_error_of_the_mean():
    gaps = np.random.default_rng(1).exponential(size=(1, 40))
    found = variances(pairs_of(gaps))
    assert found.dialogues == pytest.approx(stats.sem(gaps[0]) ** 2)
    assert (found.seeds, found.rest) == (0, 0)
    assert found.total == found.dialogues


def test_long_dialogues_count_as_the_jackknife_counts_them():
    rng = np.random.default_rng(2)
    tokens = np.round(rng.lognormal(5, 0.8, 30))
    gaps = tokens * rng.normal(size=30)
    left_out = (gaps.sum() - gaps) / (tokens.sum() - tokens)
    jackknife = ((left_out - gaps.sum() / tokens.sum()) ** 2).sum() * 29 / 30
    assert variances(pairs_of(gaps[None], tokens)).dialogues == pytest.approx(jackknife)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_on_average_they_are_the_variance_that_differences_have(share):
    rng = np.random.default_rng(3)
    setting = Setting(4, 50, share, rest_share=0.4)
    studies = [paired(*made_arms(rng, setting, 2)) for _ in range(2000)]
    found = [variances(pairs) for pairs in studies]
    for name in ("seeds", "dialogues", "rest"):
        mean = np.mean([getattr(one, name) for one in found])
        assert mean == pytest.approx(getattr(setting.variances, name), rel=0.05)
    means = [pairs.gaps.mean() / pairs.tokens.mean() for pairs in studies]
    assert np.mean([one.total for one in found]) == pytest.approx(np.var(means), rel=0.07)


def test_what_dialogues_alone_vary_by_is_never_below_zero():
    rng = np.random.default_rng(4)
    found = [variances(pairs_of(rng.normal(size=(3, 12)))) for _ in range(50)]
    assert min(one.dialogues - one.rest for one in found) < 0
    assert min(one.dialogues_alone for one in found) == 0
    assert max(one.seeds_share for one in found) == 1
