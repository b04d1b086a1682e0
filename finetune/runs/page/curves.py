"""The curves of a run, thinned to what a page can show, at a cost that hardly grows with the run.

A log only grows, so each whole block of its numbers is thinned once and kept in the cache; a page
reads the blocks and the rows behind the last one. Downloads read everything (`run_downloads`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from finetune.runs.models import Run, RunEvent
from finetune.training.preference.settings import PREFERENCE

from .thinning import Columns, rows_kept, rows_of

log = logging.getLogger(__name__)
METRICS = (
    "train_loss",
    "train_accuracy",
    "learning_rate",
    "grad_norm",
    "tokens_per_second",
    "memory_mb",
    "circuit_gradient_variance",
    "circuit_gradient_norm",
    "circuits_run",
)
EVALUATIONS = ("validation_loss", "validation_accuracy", "circuit_entanglement")
# Of runs that learn from pairs of replies, as TRL names them.
REWARDS = ("rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins")
STEPS, CHECKS = 1_000, 200  # most points of a page's curves: steps, and evaluations among them
BLOCK = 1_000  # events
BLOCK_STEPS, BLOCK_CHECKS = 96, 12
KEPT_SECONDS = 30 * 24 * 3600
Curves = dict[str, Columns]  # "metrics" and "evaluation", each with `seq` and `step`


def metrics_of(run: Run) -> tuple[str, ...]:
    """What each step of a run measures."""
    return METRICS + (REWARDS if learns_preferences(run) else ())


def evaluations_of(run: Run) -> tuple[str, ...]:
    """What each evaluation of a run measures."""
    rewards = tuple(f"validation_{name}" for name in REWARDS)
    return EVALUATIONS + (rewards if learns_preferences(run) else ())


def learns_preferences(run: Run) -> bool:
    """Whether a run learns from pairs of replies."""
    return bool(run.config.get("kind") == PREFERENCE)


def run_series(run: Run) -> dict[str, Any]:
    """The curves as columns: `step` beside each metric, and `evaluation` with its own `step`."""
    curves = run_curves(run)
    columns: dict[str, Any] = dict(curves["metrics"])
    columns["evaluation"] = dict(curves["evaluation"])
    del columns["seq"], columns["evaluation"]["seq"]
    return columns


def run_curves(run: Run) -> Curves:
    """At most `STEPS` steps and `CHECKS` evaluations, with their numbers in the log."""
    if run.is_finished:
        return remembered(f"run-curves:{run.public_id}:to:{run.last_seq}", lambda: curves_now(run))
    return curves_now(run)


def curves_now(run: Run) -> Curves:
    whole = run.last_seq // BLOCK
    parts = [block_read(run, whole * BLOCK, run.last_seq)]
    if whole:
        key = f"run-curves:{run.public_id}:first:{whole}"
        parts.insert(0, remembered(key, lambda: first_blocks(run, whole)))
    return thinned(joined(parts), STEPS, CHECKS)


def first_blocks(run: Run, count: int) -> Curves:
    """The blocks put together, still twice as fine as a page shows them."""
    return thinned(joined(blocks_of(run, count)), 2 * STEPS, 2 * CHECKS)


def remembered(key: str, make: Callable[[], Curves]) -> Curves:
    known = cache_read([key])
    if key not in known:
        known = {key: make()}
        cache_write(known)
    return known[key]


def blocks_of(run: Run, count: int) -> list[Curves]:
    """The first `count` blocks, from the cache where they are in it."""
    keys = [f"run-curves:{run.public_id}:{number}" for number in range(count)]
    known = cache_read(keys)
    fresh = {}
    for number, key in enumerate(keys):
        if key not in known:
            curves = block_read(run, number * BLOCK, (number + 1) * BLOCK)
            fresh[key] = thinned(curves, BLOCK_STEPS, BLOCK_CHECKS)
    cache_write(fresh)
    return [known[key] if key in known else fresh[key] for key in keys]


def cache_read(keys: list[str]) -> dict[str, Curves]:
    try:
        return cache.get_many(keys)
    except RedisError as error:
        log.warning("curves are read from the log: %s", error)
        return {}


def cache_write(curves: dict[str, Curves]) -> None:
    try:
        if curves:
            cache.set_many(curves, timeout=KEPT_SECONDS)
    except RedisError as error:
        log.warning("curves are not kept: %s", error)


def block_read(run: Run, after: int, to: int) -> Curves:
    """The curves between two numbers of a log (the first is not in it), nothing left out."""
    rows = RunEvent.objects.filter(run=run, seq__gt=after, seq__lte=to)
    rows = rows.filter(type__in=("metrics", "evaluation")).order_by("seq")
    curves: Curves = {
        "metrics": {name: [] for name in ("seq", "step", *metrics_of(run))},
        "evaluation": {name: [] for name in ("seq", "step", *evaluations_of(run))},
    }
    for seq, kind, data in rows.values_list("seq", "type", "data"):
        for name, column in curves[kind].items():
            column.append(seq if name == "seq" else data.get(name))
    return curves


def joined(parts: list[Curves]) -> Curves:
    return {
        kind: {name: [value for part in parts for value in part[kind][name]] for name in columns}
        for kind, columns in parts[0].items()
    }


def thinned(curves: Curves, steps: int, checks: int) -> Curves:
    """Fewer rows of both kinds; a step that was evaluated keeps its metrics."""
    evaluations = curves["evaluation"]
    names = tuple(evaluations)[2:]  # behind `seq` and `step`
    evaluations = rows_of(evaluations, rows_kept(evaluations, checks, names=names))
    evaluated = set(evaluations["step"])
    metrics = curves["metrics"]
    kept = [at for at, step in enumerate(metrics["step"]) if step in evaluated]
    rows = rows_kept(metrics, steps, names=tuple(metrics)[2:], kept=kept)
    return {"metrics": rows_of(metrics, rows), "evaluation": evaluations}
