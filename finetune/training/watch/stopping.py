"""Which evaluation was the best, and whether a run has been long enough without a better one.

Everything follows from the held-out losses up to a step, so a resumed run decides as it did.
Knows nothing of torch or of the training loop.
"""

from __future__ import annotations

from collections.abc import Mapping

Losses = Mapping[int, float | None]  # held-out loss by step; step 0 is before training


def best_step(losses: Losses, upto: int) -> int | None:
    """Return the step, after training began, with the lowest loss; of equal ones the first.

    >>> best_step({0: 3.0, 4: 2.5, 8: 2.6, 12: 2.1}, 8)
    4
    """
    known = [(loss, step) for step, loss in losses.items() if 0 < step <= upto and loss is not None]
    return min(known)[1] if known else None


def ends_early(losses: Losses, upto: int, patience: int) -> bool:
    """Tell whether the last `patience` evaluations were no better than the best before them.

    >>> ends_early({0: 3.0, 4: 2.5, 8: 2.6, 12: 2.7}, 12, 2)
    True
    >>> ends_early({0: 3.0, 4: 2.5, 8: 2.6, 12: 2.4}, 12, 2)
    False
    """
    known = [(step, loss) for step, loss in losses.items() if step <= upto and loss is not None]
    ordered = [loss for _, loss in sorted(known)]
    if patience < 1 or len(ordered) <= patience:
        return False
    return min(ordered[-patience:]) >= min(ordered[:-patience])
