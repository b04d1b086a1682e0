"""A difference and its interval: scipy's where scipy has one, and decisions that agree with it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.studies.made_scores import Setting, made_arms
from finetune.studies.statistics.differences import compare
from finetune.studies.statistics.scores import Array, Scores

ONES = np.ones(40)


def above(gaps: Array) -> tuple[Scores, Scores]:
    """Two arms with these differences, (seeds, dialogues) of one token each."""
    rows, dialogues = gaps.shape
    base = np.random.default_rng(99).normal(2, 0.5, gaps.shape)
    tokens = np.ones(dialogues)
    return Scores(base + gaps, tokens, range(rows)), Scores(base, tokens, range(rows))


@pytest.mark.parametrize(
    "effects", [(0.03, 0.011), (0.01, 0.02, 0.024), (-0.2, 0.1, 0.3, 0.2, 0.1)]
)
def test_where_only_seeds_differ_it_is_the_paired_t_test_over_seeds(effects):
    a, b = above(np.outer(effects, ONES))
    test = stats.ttest_rel(a.losses, b.losses)
    difference = compare(a, b)
    assert difference.estimate == pytest.approx(np.mean(effects))
    assert difference.p_value == pytest.approx(test.pvalue, rel=0.02)
    interval = test.confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx(interval, rel=1e-6)


def test_with_one_seed_it_is_the_paired_t_test_over_dialogues_and_claims_nothing():
    gaps = 0.05 + 0.1 * stats.norm.ppf((np.arange(60) + 0.5) / 60)
    a, b = above(gaps[None])
    interval = stats.ttest_rel(a.nll[0], b.nll[0]).confidence_interval(0.95)
    difference = compare(a, b)
    assert 0 < difference.low <= interval.low
    assert difference.high >= interval.high
    assert difference.high - difference.low == pytest.approx(interval.high - interval.low, rel=0.06)
    assert not difference.seeds_known
    assert not difference.is_found
    assert difference.p_value == difference.corrected_p_value == 1


def test_an_interval_is_never_narrower_than_over_dialogues_alone():
    """Two seeds agree by chance to the last digit, which says nothing of the dialogues."""
    gaps = np.random.default_rng(0).normal(size=(2, 40))
    gaps[1] += gaps[0].mean() - gaps[1].mean()
    both, one = compare(*above(gaps)), compare(*above(gaps.mean(0, keepdims=True)))
    assert both.variances.seeds == pytest.approx(0, abs=1e-12)
    assert (both.low, both.high) == pytest.approx((one.low, one.high))


def test_long_dialogues_count_by_their_tokens():
    tokens = np.arange(1.0, 31)
    gaps = np.where(tokens > 20, 0.1, -0.1)
    a, b = (Scores([tokens * (2 + gap)] * 2, tokens, [0, 1]) for gap in (gaps, 0.0 * gaps))
    assert compare(a, b).estimate == pytest.approx((tokens * gaps).sum() / tokens.sum())


def test_only_seeds_that_both_have_count():
    rng = np.random.default_rng(1)
    a, b = above(rng.normal(size=(4, 40)))
    fewer = Scores(b.nll[[3, 0, 2]], b.tokens, [3, 0, 2])
    difference = compare(a, fewer)
    assert difference.paired_seeds == (0, 2, 3)
    assert (difference.seeds, difference.dialogues) == (3, 40)
    assert difference.estimate == pytest.approx((a.losses - b.losses)[[0, 2, 3]].mean())


def test_the_other_way_round_is_the_mirror():
    a, b = made_arms(np.random.default_rng(2), Setting(3, 40, 0.3, "skewed", 0.5), 2)
    there, back = compare(a, b), compare(b, a)
    assert (back.estimate, back.low, back.high) == pytest.approx(
        (-there.estimate, -there.high, -there.low)
    )
    assert back.p_value == pytest.approx(there.p_value)


def test_more_comparisons_widen_and_decisions_agree_with_intervals():
    """Close to the border between found and not, on both sides of it."""
    decided = set()
    for number in range(60):
        rng = np.random.default_rng(number)
        arms = made_arms(rng, Setting(5, 40, 0.3, "skewed", truth=0.03), 2)
        widths = []
        for comparisons in (1, 2, 6):
            difference = compare(*arms, comparisons=comparisons)
            found = not difference.low <= 0 <= difference.high
            assert found == difference.is_found
            assert found == (difference.corrected_p_value < 0.05)
            assert difference.corrected_p_value == min(1, comparisons * difference.p_value)
            widths.append(difference.high - difference.low)
            decided.add((comparisons, found))
        assert widths == sorted(widths)
        assert widths[0] < widths[2]
    assert len(decided) == 6


def test_several_intervals_at_once_are_bonferronis():
    a, b = above(np.outer((0.01, 0.02, 0.024), ONES))
    interval = stats.ttest_rel(a.losses, b.losses).confidence_interval(1 - 0.05 / 5)
    difference = compare(a, b, comparisons=5)
    assert (difference.low, difference.high) == pytest.approx(interval, rel=1e-6)


def test_arms_that_are_the_same_differ_by_nothing():
    a, _ = above(np.ones((3, 40)))
    difference = compare(a, Scores(a.nll, a.tokens, a.seeds))
    assert difference.identical
    assert (difference.estimate, difference.low, difference.high) == (0, 0, 0)
    assert difference.p_value == 1
    assert not difference.is_found


def test_the_same_scores_give_the_same_numbers():
    arms = made_arms(np.random.default_rng(3), Setting(3, 40, 0.3), 2)
    assert compare(*arms) == compare(*arms)
    assert compare(*arms, rng_seed=1).estimate == compare(*arms).estimate


@pytest.mark.parametrize("wrong", [{"confidence": 1.0}, {"comparisons": 0}, {"draws": 10}])
def test_what_makes_no_interval_is_refused(wrong):
    arms = made_arms(np.random.default_rng(3), Setting(2, 20, 0.3), 2)
    with pytest.raises(ValueError, match="confidence is"):
        compare(*arms, **wrong)
