"""A run's whole record as text, block by block: nothing of it stands in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finetune.runs.models import Run, RunEvent
from finetune.text import csv_text

from .curves import evaluations_of, metrics_of

BLOCK = 2_000  # events
Step = tuple[int, dict[str, Any], dict[str, Any]]  # step, its metrics, its evaluation


def events_of(run: Run, *types: str) -> Iterator[list[RunEvent]]:
    """The log in blocks, oldest first."""
    rows = RunEvent.objects.filter(run=run).order_by("seq")
    if types:
        rows = rows.filter(type__in=types)
    seq = 0
    while block := list(rows.filter(seq__gt=seq)[:BLOCK]):
        yield block
        seq = block[-1].seq


def steps_of(run: Run) -> Iterator[list[Step]]:
    """Every step in blocks; an evaluation follows its step in the log and stands in its row."""
    pending: Step | None = None
    for block in events_of(run, "metrics", "evaluation"):
        steps: list[Step] = []
        for event in block:
            step = event.data.get("step", 0)
            measured = event.type == "evaluation"
            if pending is not None and measured and pending[0] == step:
                pending[2].update(event.data)
                continue
            if pending is not None:
                steps.append(pending)
            pending = (step, {}, dict(event.data)) if measured else (step, event.data, {})
        yield steps
    if pending is not None:
        yield [pending]


def metrics_csv(run: Run) -> Iterator[str]:
    """Header and one row a step; evaluations stand in the row of their step."""
    metric_names, evaluation_names = metrics_of(run), evaluations_of(run)
    yield csv_text([["step", *metric_names, *evaluation_names]])
    for steps in steps_of(run):
        yield csv_text(
            [
                step,
                *(metrics.get(name) for name in metric_names),
                *(measured.get(name) for name in evaluation_names),
            ]
            for step, metrics, measured in steps
        )


def log_text(run: Run) -> Iterator[str]:
    """One line an event."""
    for block in events_of(run):
        yield "".join(
            f"{event.time:%Y-%m-%d %H:%M:%S} {event.level:5} {event.type:10} {event.message}\n"
            for event in block
        )
