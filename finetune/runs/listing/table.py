"""The list of runs as a table for a spreadsheet, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from finetune.runs.models import Run
from finetune.runs.page.verdicts import base_loss, tuned_loss
from finetune.text import csv_text

BLOCK = 500  # runs
COLUMNS = (
    "id",
    "name",
    "state",
    "base",
    "adapter",
    "data",
    "data_id",
    "started_by",
    "created_at",
    "started_at",
    "finished_at",
    "seconds",
    "step",
    "steps",
    "loss_before",
    "held_out_loss",
    "trainable_parameters",
    "trained_tokens",
    "learning_rate",
    "batch_size",
    "seed",
    "model",
)


def runs_csv(runs: QuerySet[Run]) -> Iterator[str]:
    """Head and one row a run, in the list's order."""
    yield "\ufeff" + csv_text([COLUMNS])
    keys = list(runs.values_list("pk", flat=True))
    for start in range(0, len(keys), BLOCK):
        chosen = keys[start : start + BLOCK]
        rows = Run.objects.select_related("base", "dataset", "created_by", "team").in_bulk(chosen)
        yield csv_text(row_of(rows[key]) for key in chosen if key in rows)


def row_of(run: Run) -> list[Any]:
    """One run; what it has not got is an empty cell."""
    taken = run.finished_at and run.started_at and run.finished_at - run.started_at
    config = run.config
    return [
        run.public_id,
        run.name,
        run.state,
        run.base.slug,
        config.get("adapter"),
        run.dataset.name,
        run.dataset.public_id,
        run.created_by.username if run.created_by else "",
        *(at.isoformat(timespec="seconds") if at else "" for at in
          (run.created_at, run.started_at, run.finished_at)),
        round(taken.total_seconds(), 1) if taken else "",
        run.step,
        run.total_steps,
        base_loss(run),
        tuned_loss(run),
        run.trainable_parameters,
        run.trained_tokens,
        config.get("learning_rate"),
        config.get("batch_size"),
        config.get("seed"),
        run.fine_tuned_model or "",
    ]  # fmt: skip
