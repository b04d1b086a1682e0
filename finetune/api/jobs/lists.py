"""Pages of jobs and of a job's checkpoints. A page reads its own rows and no others."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from finetune.api.pages import no_such_cursor, older, page_of
from finetune.runs.checkpoints import checkpoint_best, measured_at
from finetune.runs.models import Run, RunEvent
from finetune.runs.queue.line import places

from .objects import checkpoint_id, checkpoint_object, job_object

UNUSED = ("base__shapes", "dataset__report", "validation_dataset__report")


def jobs_page(
    runs: QuerySet[Run], *, limit: int, after: str | None, wanted: Mapping[str, Any], bare: bool
) -> dict[str, Any]:
    """Newest first, behind the job `after`; only those with these labels, or without any."""
    rows = runs
    if after:
        cursor = runs.filter(public_id=after).values_list("created_at", "pk").first()
        if cursor is None:
            raise no_such_cursor(after)
        rows = older(rows, *cursor)
    if bare:
        rows = rows.filter(metadata={})
    if wanted:
        rows = runs.filter(pk__in=labelled(rows, wanted, limit + 1))
    related = rows.select_related("base", "team", "dataset", "validation_dataset").defer(*UNUSED)
    taken = list(related[: limit + 1])
    waits = any(run.state == Run.State.QUEUED for run in taken)
    known = places() if waits else {}
    return page_of(taken, limit=limit, shape=lambda run: job_object(run, known))


def labelled(rows: QuerySet[Run], wanted: Mapping[str, Any], most: int) -> list[int]:
    """Keys of the first rows that carry these labels; only the labels are read."""
    found: list[int] = []
    pairs = rows.select_related(None).values_list("pk", "metadata")
    for pk, metadata in pairs.iterator(chunk_size=500):
        if all(metadata.get(name) == text for name, text in wanted.items()):
            found.append(pk)
            if len(found) == most:
                break
    return found


def checkpoints_page(run: Run, *, limit: int, after: str | None) -> dict[str, Any]:
    """Newest first, each with what was measured at its step."""
    rows = RunEvent.objects.filter(run=run, type="checkpoint").order_by("-seq")
    if after:
        steps = rows.values_list("seq", "data__step")
        seqs = [seq for seq, step in steps if checkpoint_id(run, int(step)) == after]
        if not seqs:
            raise no_such_cursor(after)
        rows = rows.filter(seq__lt=seqs[-1])
    taken = list(rows[: limit + 1])
    measured = measured_at(run, taken[:limit])
    best = checkpoint_best(run)
    return page_of(
        taken, limit=limit, shape=lambda event: checkpoint_object(run, event, measured, best)
    )
