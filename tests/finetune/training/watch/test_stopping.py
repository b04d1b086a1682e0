"""Which evaluation is the best, and when a run ends early."""

import pytest

from finetune.training.watch.stopping import best_step, ends_early


@pytest.mark.parametrize(
    ("losses", "upto", "best"),
    [
        ({}, 10, None),
        ({0: 1.0}, 10, None),  # before training there is nothing to keep
        ({0: 1.0, 4: 2.0, 8: 2.0}, 8, 4),
        ({0: 3.0, 4: 2.5, 8: 2.1, 12: 2.3}, 12, 8),
        ({0: 3.0, 4: 2.5, 8: 2.1}, 7, 4),  # what a killed trainer measured later does not count
        ({4: None, 8: 2.0}, 8, 8),
    ],
)
def test_the_best_step(losses, upto, best):
    assert best_step(losses, upto) == best


@pytest.mark.parametrize(
    ("losses", "patience", "ends"),
    [
        ([3.0, 2.0, 2.1, 2.2], 0, False),
        ([3.0, 2.0, 2.1, 2.2], 2, True),
        ([3.0, 2.0, 2.1, 2.2], 3, False),
        ([3.0, 2.0, 2.0, 2.0], 2, True),  # equal is not lower
        ([3.0, 2.0, 2.1, 1.9], 2, False),
        ([3.0, 3.1, 3.2], 2, True),  # never better than the base
        ([3.0, 3.1], 2, False),
    ],
)
def test_the_early_end(losses, patience, ends):
    measured = {4 * place: loss for place, loss in enumerate(losses)}
    assert ends_early(measured, 4 * len(losses), patience) is ends


def test_a_resumed_run_decides_by_what_it_has_reached():
    measured = {0: 3.0, 4: 2.0, 8: 2.1, 12: 2.2}
    assert [ends_early(measured, step, 2) for step in (4, 8, 12)] == [False, False, True]
