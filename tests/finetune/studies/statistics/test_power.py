"""With as many seeds as are asked for, a difference is found about four times in five."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from benchmarks.studies.made_scores import Setting, made_arms, setting_with
from finetune.studies.statistics.differences import Difference, compare
from finetune.studies.statistics.power import Limit, chance, scaled, seeds_needed
from finetune.studies.statistics.scores import Scores


def measured(setting: Setting, comparisons: int = 1) -> Difference:
    """A difference whose variances are the true ones."""
    arms = made_arms(np.random.default_rng(0), setting, 2)
    return replace(compare(*arms, comparisons=comparisons), variances=setting.variances)


@pytest.mark.parametrize(
    ("setting", "size", "comparisons", "limit"),
    [
        (Setting(2, 100, 0.5, truth=0.0), 0.02, 1, Limit.SEEDS),
        (Setting(3, 100, 0.8, truth=0.0), 0.02, 5, Limit.SEEDS),
        (Setting(3, 100, 0.9, truth=0.0), 0.016, 3, Limit.DIALOGUES),
        (Setting(5, 100, 0.3, truth=0.0), 0.022, 1, Limit.NOTHING),
    ],
)
def test_what_is_asked_for_finds_the_difference_four_times_in_five(
    setting, size, comparisons, limit
):
    difference = measured(setting, comparisons)
    needed = seeds_needed(difference, size)
    assert needed.limit is limit
    seeds = setting.seeds + needed.more_seeds
    dialogues = needed.dialogues or setting.dialogues
    larger = setting_with(setting, seeds=seeds, dialogues=dialogues, truth=size)
    rng = np.random.default_rng(1)
    studies = [
        compare(*made_arms(rng, larger, 2), comparisons=comparisons).is_found for _ in range(500)
    ]
    predicted = chance(difference, size, seeds=seeds, dialogues=dialogues)
    assert np.mean(studies) == pytest.approx(predicted, abs=0.05)
    assert predicted >= 0.8
    if needed.more_seeds and needed.dialogues is None:  # and no fewer would do
        assert chance(difference, size, seeds=seeds - 1, dialogues=dialogues) < 0.8


def test_a_smaller_difference_asks_for_more_seeds_and_then_for_dialogues():
    difference = measured(Setting(3, 100, 0.8, truth=0.0))
    asked = [seeds_needed(difference, size) for size in (0.2, 0.03, 0.02, 0.012, 0.006)]
    limits = [one.limit for one in asked]
    assert limits == sorted(limits, key=[Limit.NOTHING, Limit.SEEDS, Limit.DIALOGUES].index)
    assert set(limits) == {Limit.NOTHING, Limit.SEEDS, Limit.DIALOGUES}
    by_seeds = [one.more_seeds for one in asked if one.limit is not Limit.DIALOGUES]
    assert by_seeds == sorted(by_seeds)
    by_dialogues = [one.dialogues for one in asked if one.limit is Limit.DIALOGUES]
    assert by_dialogues == sorted(by_dialogues)
    assert by_dialogues[0] > 100


def test_more_comparisons_ask_for_more_seeds():
    one, six = (measured(Setting(3, 100, 0.8, truth=0.0), number) for number in (1, 6))
    assert seeds_needed(six, 0.025).more_seeds > seeds_needed(one, 0.025).more_seeds


def test_variances_shrink_as_those_of_larger_studies_do():
    setting = Setting(3, 60, 0.5, rest_share=0.5, truth=0.0)
    larger = setting_with(setting, seeds=8, dialogues=200, truth=0.0)
    predicted = scaled(measured(setting), 8, 200)
    assert astuple(predicted) == pytest.approx(astuple(larger.variances))


def test_one_seed_tells_nothing_of_others():
    needed = seeds_needed(measured(Setting(1, 30, 0.0)), 0.01)
    assert (needed.limit, needed.more_seeds) == (Limit.UNKNOWN, None)


def test_more_than_a_thousand_seeds_are_not_counted():
    """Dialogues do not differ at all; seeds do, by far more than the size asked for."""
    effects = np.array([[0.5], [-0.5], [0.1]])
    a = Scores(2 + effects * np.ones(30), np.ones(30), range(3))
    b = Scores(np.full((3, 30), 2.0), np.ones(30), range(3))
    needed = seeds_needed(compare(a, b), 0.001)
    assert (needed.limit, needed.more_seeds, needed.dialogues) == (Limit.SEEDS, None, None)


def test_identical_arms_need_nothing():
    a = made_arms(np.random.default_rng(0), Setting(3, 30, 0.5), 1)[0]
    assert seeds_needed(compare(a, a), 0.001).limit is Limit.NOTHING


@pytest.mark.parametrize("wrong", [{"size": 0.0}, {"size": 0.01, "power": 1.0}])
def test_a_size_or_power_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="above zero"):
        seeds_needed(measured(Setting(2, 30, 0.5)), **wrong)
