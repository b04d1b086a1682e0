"""The learning rate of each step, as a share of the setting.

Every step learns: the first one of a warm-up has a rate above 0, and a warm-up leaves at least one
step at the full rate, so that a run of one step changes the weights. No rate reaches 0, since the
falling schedules come to it only after the last step.

Knows nothing of torch or of the training loop.
"""

from __future__ import annotations

import math

from finetune.training.config import RunConfig


def warmup_steps(config: RunConfig) -> int:
    """Return the steps in which the rate rises: the wanted share, and never all of them."""
    if config.scheduler == "constant":
        return 0
    return min(math.ceil(config.warmup_ratio * config.steps), config.steps - 1)


def rate_share(step: int, *, config: RunConfig) -> float:
    """Return the rate of a step over the setting `learning_rate`.

    Args:
        step: steps that were taken before it, from 0.
        config: the run's settings.

    Returns:
        More than 0 and at most 1; 0 after the last step of a schedule that falls.
    """
    warmup = warmup_steps(config)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = min(1.0, (step - warmup) / (config.steps - warmup))
    if config.scheduler == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * done))
    if config.scheduler == "linear":
        return 1.0 - done
    return 1.0
