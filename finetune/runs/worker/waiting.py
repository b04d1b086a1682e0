"""What runs do when something becomes of their data: they wait for its check, and keep it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from finetune.datasets.checking import dataset_checked
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_deleting
from finetune.exceptions import RunRefused, StudioError
from finetune.runs.models import Run
from finetune.runs.services import run_datasets, run_enqueue
from finetune.runs.transitions import run_transition

State = Run.State


@receiver(dataset_deleting)
def dataset_needed(dataset: Dataset, **_: Any) -> None:
    """Refuse to delete a data set.

    Raises:
        StudioError: a run that is not finished uses it.
    """
    busy = Run.objects.filter(dataset=dataset) | Run.objects.filter(validation_dataset=dataset)
    if first := busy.exclude(state__in=Run.FINISHED).first():
        raise StudioError(
            f"The run “{first.name}” still uses this data set. Cancel it or wait for its end.",
            code="dataset_in_use",
        )


@receiver(dataset_checked)
@transaction.atomic
def runs_release(dataset: Dataset, **_: Any) -> None:
    """After a check: queue the runs that waited for this data set, or fail them with its reason."""
    waiting = Run.objects.filter(state=State.VALIDATING).select_related(
        "dataset", "validation_dataset"
    )
    mine = waiting.filter(dataset=dataset) | waiting.filter(validation_dataset=dataset)
    # Locked, so that a cancel comes before or after; in the order in which they were made.
    for run in mine.select_for_update(of=("self",)).order_by("created_at", "id"):
        states = {one.state for one in run_datasets(run) if one}
        if states & {Dataset.State.FAILED, Dataset.State.CANCELLED}:
            message = dataset.problem.get("message", "The data set cannot be used.")
            run_transition(
                run.pk,
                State.FAILED,
                message=message,
                expected=[State.VALIDATING],
                level="error",
                error={**dataset.problem, "param": "training_file"},
                finished_at=timezone.now(),
            )
        elif states == {Dataset.State.READY}:
            release(run)


def release(run: Run) -> None:
    """Queue a run whose data is checked; the epochs asked for may be more than its team may do."""
    try:
        run_enqueue(run, "The data is checked. Queued.", expected=[State.VALIDATING])
    except RunRefused as error:
        run_transition(
            run.pk,
            State.FAILED,
            message=error.message,
            expected=[State.VALIDATING],
            level="error",
            error={"code": error.code, "message": error.message, "param": error.field},
            finished_at=timezone.now(),
        )
