"""Checking data sets in a worker: the doctor reads, the row keeps what it found.

A check holds its row under a lease, as a worker holds a run: it renews `checked_at` while it reads.
Where that stops, because the worker was stopped or killed, the check is sent again within half a
minute. Sending one too often is harmless: only one that is free can be taken.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone

from finetune.bases.selectors import bases_ready
from finetune.datasets.doctor.control_tokens import special_tokens
from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.faults import fault_of
from finetune.queue import messages_waiting

from .models import Dataset
from .services import enqueue_check, tokenizer_file

log = logging.getLogger(__name__)
State = Dataset.State
dataset_checked = Signal()  # for whoever waits for the set; within the transaction
LOST_AFTER = timedelta(seconds=30)
LEASE = timedelta(seconds=15)
RENEW_SECONDS = 3.0
QUEUE = "checks"


def limits() -> Limits:
    """The site's limits, from its settings."""
    return Limits(
        max_bytes=settings.UPLOAD_MAX_MB * 2**20,
        max_expanded_bytes=settings.UPLOAD_MAX_EXPANDED_MB * 2**20,
        max_line_bytes=settings.UPLOAD_MAX_LINE_KB * 2**10,
        max_dialogues=settings.UPLOAD_MAX_DIALOGUES,
        min_dialogues=settings.UPLOAD_MIN_DIALOGUES,
    )


def options_of(values: Mapping[str, Any]) -> Options:
    """The row's options as the doctor takes them; empty ones mean its defaults."""
    given: dict[str, Any] = {
        name: values[name]
        for name in ("format", "encoding", "seed", "validation_fraction")
        if name in values
    }
    mapping = {key: column for key, column in (values.get("mapping") or {}).items() if column}
    given["format"] = given.get("format") or None
    return Options(mapping=mapping, limits=limits(), control_tokens=control_tokens(), **given)


def control_tokens() -> tuple[str, ...]:
    """The special tokens of every ready base: any of them may learn from the file."""
    found: dict[str, None] = {}
    for base in bases_ready():
        path = Path(base.source) / "tokenizer.json"
        if not path.is_file():
            continue
        try:
            found |= dict.fromkeys(_tokens_of(path, path.stat().st_mtime_ns))
        except (OSError, ValueError) as error:  # its own page says so; data can do without it
            log.warning("the control tokens of %s were not read: %s", base.slug, error)
    return tuple(found)


@lru_cache(maxsize=64)
def _tokens_of(path: Path, _changed: int) -> tuple[str, ...]:
    return tuple(special_tokens(path))


def dataset_check(dataset_id: int) -> None:
    """Check one data set, keep the report and tell whoever waits for it."""
    now = timezone.now()
    free = Q(state=State.UPLOADED) | Q(state=State.CHECKING, checked_at__lt=now - LEASE)
    rows = Dataset.objects.filter(free, pk=dataset_id, deleted_at=None)
    if not rows.update(state=State.CHECKING, checked_at=now):
        return
    dataset = Dataset.objects.get(pk=dataset_id)
    with held(dataset):
        check(dataset)


@contextmanager
def held(dataset: Dataset) -> Iterator[None]:
    """Renew the lease from a thread while the doctor reads."""
    done = threading.Event()

    def renew() -> None:
        mine = Dataset.objects.filter(pk=dataset.pk, state=State.CHECKING)
        try:
            while not done.wait(RENEW_SECONDS):
                try:
                    mine.update(checked_at=timezone.now())
                except OperationalError as error:
                    log.warning("the lease of %s was not renewed: %s", dataset.public_id, error)
        finally:
            connection.close()  # this thread's own

    renewer = threading.Thread(target=renew, name="check-lease", daemon=True)
    renewer.start()
    try:
        yield
    finally:
        done.set()
        renewer.join(timeout=RENEW_SECONDS)  # it may wait for a database that is locked


def check(dataset: Dataset) -> None:
    """Have the doctor read a data set that this worker holds."""
    asked = dataset.options
    tokenizer: Path | None = tokenizer_file()
    try:
        report = examine(dataset.original_file, dataset.folder, options_of(asked), tokenizer)
    except DatasetRefused as refused:
        problem = {"code": refused.code, "message": refused.message, "hint": refused.hint}
        finish(dataset, asked, state=State.FAILED, report=refused.report, problem=problem)
    except Exception as error:  # a check that ends without a word would leave the page waiting
        if (fault := fault_of(error)) is not None:
            # Not the file's fault: `datasets_recheck` sends it again until the disk takes it.
            log.warning("%s waits to be checked: %s", dataset.public_id, fault.title)
            Dataset.objects.filter(pk=dataset.pk, state=State.CHECKING).update(state=State.UPLOADED)
            return
        log.exception("the check of %s failed", dataset.public_id)
        problem = {
            "code": "not_checked",
            "message": f"The file could not be checked ({type(error).__name__}: {error}).",
            "hint": "Try again; if it happens again, tell the administrator.",
        }
        finish(dataset, asked, state=State.FAILED, report={}, problem=problem)
    else:
        finish(dataset, asked, state=State.READY, report=report.to_dict(), problem={})


@transaction.atomic
def finish(dataset: Dataset, asked: Mapping[str, Any], **changes: Any) -> None:
    """Keep the outcome, unless somebody has asked for a check with other options meanwhile."""
    row = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if row.options != asked:
        enqueue_check(row)
        return
    Dataset.objects.filter(pk=dataset.pk).update(checked_at=timezone.now(), **changes)
    dataset.refresh_from_db()
    dataset_checked.send(Dataset, dataset=dataset)


def datasets_recheck() -> None:
    """Send checks again whose message or worker was lost, in the order of the uploads."""
    left = messages_waiting(QUEUE)
    if left is None:
        return  # the broker is away
    now = timezone.now()
    waiting = Dataset.objects.filter(deleted_at=None)
    lost = waiting.filter(state=State.UPLOADED, created_at__lt=now - LOST_AFTER)
    stuck = waiting.filter(state=State.CHECKING, checked_at__lt=now - LEASE)
    rows = list((lost | stuck).order_by("created_at", "id"))
    if left >= len(rows):
        return  # they have messages
    for dataset in rows:
        enqueue_check(dataset)
