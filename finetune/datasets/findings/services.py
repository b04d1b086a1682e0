"""Asking for the further checks of a data set, and stopping them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import Signal, receiver
from django.utils import timezone

from finetune.datasets.checking import dataset_checked
from finetune.datasets.models import Dataset
from finetune.queue import enqueue

from .models import Findings

State = Findings.State
measured_with = Signal()  # who measures with data sets of a `team` answers with their ids


@transaction.atomic
def findings_queue(*, dataset: Dataset) -> Findings:
    """Have a data set looked at, from the beginning; what was found before goes."""
    row, _made = Findings.objects.update_or_create(
        dataset=dataset,
        defaults={
            "state": State.WAITING,
            "share": 0,
            "attempts": 0,
            "message": "",
            "result": {},
            "queued_at": timezone.now(),
            "started_at": None,
            "finished_at": None,
        },
    )
    enqueue("findings_make", row.pk)
    return row


def findings_cancel(*, dataset: Dataset) -> bool:
    """Stop them; the worker sees it within a second. False: they had ended."""
    live = Findings.objects.filter(dataset=dataset, state__in=Findings.LIVE)
    return bool(live.update(state=State.CANCELLED, finished_at=timezone.now()))


@receiver(dataset_checked)
def look_further(dataset: Dataset, **_kwargs: Any) -> None:
    """The first check is done: look further, or forget what was found in a file that failed."""
    if dataset.state == Dataset.State.READY:
        findings_queue(dataset=dataset)
    else:
        Findings.objects.filter(dataset=dataset).delete()
