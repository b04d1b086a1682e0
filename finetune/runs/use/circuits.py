"""Circuits and shots that a run has taken, counted from its log.

The trainer's own count goes on from a checkpoint, so it leaves out what was run after that and lost
with its process. The log has both.
"""

from __future__ import annotations

from collections.abc import Iterable

from finetune.runs.models import Run, RunEvent

COUNTS = ("circuits_run", "shots_run")


def circuits_ran(run: Run) -> tuple[int, int]:
    """Circuits and shots, those of steps that were computed twice counted twice."""
    if not run.latest.get(COUNTS[0]):
        return 0, 0
    rows = RunEvent.objects.filter(run=run, type__in=("metrics", "evaluation")).order_by("seq")
    lines = list(rows.values_list("type", "data__step", *(f"data__{name}" for name in COUNTS)))
    return (
        added_up((kind, step, circuits or 0) for kind, step, circuits, _ in lines),
        added_up((kind, step, shots or 0) for kind, step, _, shots in lines),
    )


def added_up(lines: Iterable[tuple[str, int, int]]) -> int:
    """Add up what a count grew by, where it goes back to an earlier step with a resume.

    Args:
        lines: kind, step and count of each line of the log.

    >>> added_up([("metrics", 1, 10), ("metrics", 2, 20), ("metrics", 2, 20), ("metrics", 3, 30)])
    40
    """
    total, before = 0, [(0, 0)]
    for kind, step, count in lines:
        # A step's metrics begin it anew; its evaluation goes on from them.
        last = step - 1 if kind == "metrics" else step
        while len(before) > 1 and before[-1][0] > last:
            before.pop()
        total += max(0, count - before[-1][1])
        before.append((step, count))
    return total
