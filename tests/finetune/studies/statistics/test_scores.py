"""Scores are checked as they come in, and two arms are paired by seed and dialogue."""

from __future__ import annotations

import numpy as np
import pytest

from finetune.studies.statistics.exceptions import NotEnoughError, NotPairedError, ScoresError
from finetune.studies.statistics.scores import Scores, paired

TOKENS = np.arange(10, 22)


def scores(seeds: list[int], plus: float = 0.0) -> Scores:
    """Each row is told from the others by its seed."""
    return Scores([TOKENS * (seed + plus) for seed in seeds], TOKENS, seeds)


def test_a_loss_is_of_all_tokens_together():
    two = Scores([[1.0, 9.0], [2.0, 10.0]], [1, 3], [0, 1])
    assert two.losses == pytest.approx([10 / 4, 12 / 4])
    assert two.loss == pytest.approx(11 / 4)


def test_arms_are_paired_by_the_seeds_that_both_have():
    pairs = paired(scores([5, 2, 9], plus=0.25), scores([9, 7, 5]))
    assert pairs.seeds == (5, 9)
    assert pairs.gaps == pytest.approx(np.stack([TOKENS * 0.25] * 2))


def test_dialogues_without_labels_do_not_count():
    tokens = [*TOKENS, 0]
    a, b = (Scores([[*TOKENS * one, 0.0]], tokens, [0]) for one in (2.0, 1.0))
    assert paired(a, b).gaps.shape == (1, 12)


@pytest.mark.parametrize(
    ("nll", "tokens", "seeds", "words"),
    [
        ([[1.0, 2.0]], [1, 2], [0, 1], "nll must be"),
        ([1.0, 2.0], [1, 2], [0], "nll must be"),
        ([[1.0, 2.0], [1.0, 2.0]], [1, 2], [3, 3], "stands twice"),
        ([[1.0, 2.0], [float("nan"), 2.0]], [1, 2], [3, 4], "seed 4"),
        ([[1.0, float("inf")]], [1, 2], [3], "seed 3"),
        ([[1.0, 2.0]], [1, -2], [3], "not negative"),
        ([[0.0, 0.0]], [0, 0], [3], "at least one"),
    ],
)
def test_what_cannot_be_a_score_is_refused(nll, tokens, seeds, words):
    with pytest.raises(ScoresError, match=words):
        Scores(nll, tokens, seeds)


def test_arms_with_other_dialogues_are_not_compared():
    other = Scores([TOKENS * 1.0], TOKENS[::-1], [0])
    with pytest.raises(NotPairedError):
        paired(scores([0]), other)


def test_too_little_is_said_to_be_too_little():
    with pytest.raises(NotEnoughError, match="no seed"):
        paired(scores([0, 1]), scores([2]))
    few = Scores([np.ones(9)], np.ones(9), [0])
    with pytest.raises(NotEnoughError, match="9 dialogues"):
        paired(few, few)
