"""Checking data sets in a worker: the doctor reads, the row keeps what it found.

A check holds its row under a lease, as a worker holds a run: once a second it renews `checked_at`
and says how far it is. Where that stops, because the worker was stopped or killed, the check is
sent again within half a minute. Sending one too often is harmless: only one that is free is taken.
Whoever cancels the check takes the row away from it: it finds out with the next renewal, and stops.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
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
from .versions.making import original_make
from .versions.proposals import fixable_mark

log = logging.getLogger(__name__)
State = Dataset.State
dataset_checked = Signal()  # for whoever waits for the set; within the transaction
LOST_AFTER = timedelta(seconds=30)
LEASE = timedelta(seconds=15)
RENEW_SECONDS = 1.0
DERIVED = ("train.jsonl", "validation.jsonl", "places", "problems.jsonl", "report.json")
QUEUE = "checks"


class CheckStopped(Exception):
    """Another has the row, or the check was cancelled."""


@dataclass
class Hold:
    """What one check and the thread that renews its lease tell each other.

    Attributes:
        began: when it took the row; no other hold has the same.
        read: bytes of the file that it has read.
        lost: set where the row is no longer this check's.
    """

    began: datetime
    read: int = 0
    lost: threading.Event = field(default_factory=threading.Event)

    def watch(self, read: int) -> None:
        """Note how far the doctor is. Raises CheckStopped: it reads in vain."""
        if self.lost.is_set():
            raise CheckStopped
        self.read = read


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
        for name in ("format", "encoding", "seed", "validation_fraction", "by_person")
        if name in values
    }
    mapping = {key: column for key, column in (values.get("mapping") or {}).items() if column}
    given["format"] = given.get("format") or None
    given["speaker"] = values.get("speaker") or ""
    given["consent"] = bool(values.get("consent"))
    pause = values.get("pause_hours") or Limits.pause_hours
    given["limits"] = replace(limits(), pause_hours=pause)
    return Options(mapping=mapping, control_tokens=control_tokens(), **given)


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
    if not rows.update(state=State.CHECKING, checked_at=now, check_began_at=now, checked_bytes=0):
        return
    dataset = Dataset.objects.get(pk=dataset_id)
    with held(dataset) as hold:
        check(dataset, hold)


@contextmanager
def held(dataset: Dataset) -> Iterator[Hold]:
    """Renew the lease from a thread while the doctor reads."""
    done = threading.Event()
    hold = Hold(dataset.check_began_at or timezone.now())

    def renew() -> None:
        mine = held_rows(dataset)
        try:
            while not done.wait(RENEW_SECONDS):
                try:
                    kept = mine.update(checked_at=timezone.now(), checked_bytes=hold.read)
                    # A row that cannot even be seen is in a transaction that still goes on.
                    if not kept and Dataset.objects.filter(pk=dataset.pk).exists():
                        hold.lost.set()
                except OperationalError as error:
                    log.warning("the lease of %s was not renewed: %s", dataset.public_id, error)
        finally:
            connection.close()  # this thread's own

    renewer = threading.Thread(target=renew, name="check-lease", daemon=True)
    renewer.start()
    try:
        yield hold
    finally:
        done.set()
        renewer.join(timeout=RENEW_SECONDS)  # it may wait for a database that is locked


def held_rows(dataset: Dataset) -> QuerySet[Dataset]:
    """The row, as long as it is held by the check that took it when this object was read."""
    return Dataset.objects.filter(
        pk=dataset.pk, state=State.CHECKING, check_began_at=dataset.check_began_at, deleted_at=None
    )


def check(dataset: Dataset, hold: Hold) -> None:
    """Have the doctor read a data set that this worker holds."""
    asked = dataset.options
    tokenizer: Path | None = tokenizer_file()
    for left in dataset.folder.glob(".examining-*"):  # by a worker that was killed
        shutil.rmtree(left, ignore_errors=True)
    try:
        if dataset.previous_id and not dataset.original_file.is_file():
            read_as = options_of(dataset.changes.get("read_as") or {})
            original_make(dataset, read_as, hold.watch)
            hold.read = 0  # of its own file
        found = examine(
            dataset.original_file, dataset.folder, options_of(asked), tokenizer, hold.watch
        )
        report = marked(dataset, found.to_dict())
    except CheckStopped:
        sweep(dataset)
    except DatasetRefused as refused:
        problem = {"code": refused.code, "message": refused.message, "hint": refused.hint}
        report = marked(dataset, refused.report)
        finish(dataset, asked, state=State.FAILED, report=report, problem=problem)
    except Exception as error:  # a check that ends without a word would leave the page waiting
        if (fault := fault_of(error)) is not None:
            # Not the file's fault: `datasets_recheck` sends it again until the disk takes it.
            log.warning("%s waits to be checked: %s", dataset.public_id, fault.title)
            held_rows(dataset).update(state=State.UPLOADED)
            return
        log.exception("the check of %s failed", dataset.public_id)
        problem = {
            "code": "not_checked",
            "message": f"The file could not be checked ({type(error).__name__}: {error}).",
            "hint": "Try again; if it happens again, tell the administrator.",
        }
        finish(dataset, asked, state=State.FAILED, report={}, problem=problem)
    else:
        finish(dataset, asked, state=State.READY, report=report, problem={})


def marked(dataset: Dataset, report: dict[str, Any]) -> dict[str, Any]:
    """The report with what can be mended; as it is where nothing was read."""
    if not report.get("problems"):
        return report
    return fixable_mark(dataset.folder, report, options_of(dataset.options))


@transaction.atomic
def finish(dataset: Dataset, asked: Mapping[str, Any], **changes: Any) -> None:
    """Keep the outcome, unless somebody has cancelled the check, or has asked for one with other
    options, meanwhile."""
    row = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if row.options != asked:
        enqueue_check(row)
        return
    if not held_rows(dataset).exists():
        sweep(row)
        return
    Dataset.objects.filter(pk=dataset.pk).update(checked_at=timezone.now(), **changes)
    dataset.refresh_from_db()
    dataset_checked.send(Dataset, dataset=dataset)


def sweep(dataset: Dataset) -> None:
    """Leave only the original of a data set whose check was cancelled."""
    if Dataset.objects.filter(pk=dataset.pk, state=State.CANCELLED).exists():
        for name in DERIVED:
            (dataset.folder / name).unlink(missing_ok=True)


@transaction.atomic
def dataset_cancel(*, dataset: Dataset) -> bool:
    """Take a data set away from its check; its worker stops within a second or two.

    Returns:
        Whether there was a check to cancel.
    """
    waiting = Dataset.objects.filter(
        pk=dataset.pk, state__in=[State.UPLOADED, State.CHECKING], deleted_at=None
    )
    problem = {
        "code": "check_cancelled",
        "message": "The check was cancelled.",
        "hint": "Check the file again, or delete it.",
    }
    if not waiting.update(state=State.CANCELLED, report={}, problem=problem):
        return False
    dataset.refresh_from_db()
    dataset_checked.send(Dataset, dataset=dataset)
    transaction.on_commit(lambda: sweep(dataset))
    return True


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
