"""Carrying fetches out in a worker: claimed in the row, streamed, handed to the check."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from finetune.datasets.checking import dataset_checked
from finetune.datasets.models import Dataset
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.sniffing import sniff
from finetune.datasets.services import enqueue_check
from finetune.exceptions import UploadRefused
from finetune.faults import fault_of
from finetune.queue import enqueue, lacks_messages

from .addresses import address_read
from .exceptions import FetchFailed, FetchStopped
from .models import DatasetFetch
from .transfer import url_fetch

log = logging.getLogger(__name__)
State = DatasetFetch.State
QUEUE = "fetches"
LOST_AFTER = timedelta(seconds=90)  # longer than a server may be silent
STOPPED = {
    "code": "stopped",
    "message": "Fetching it was stopped.",
    "hint": "Fetch it again, or upload the file.",
}


def dataset_fetch(fetch_id: int) -> None:
    """Fetch one file; a message that comes twice finds nothing to claim."""
    now = timezone.now()
    free = Q(state=State.WAITING) | Q(state=State.LOADING, updated_at__lt=now - LOST_AFTER)
    mine = DatasetFetch.objects.filter(free, pk=fetch_id)
    if not mine.update(state=State.LOADING, updated_at=now):
        return
    fetch = DatasetFetch.objects.select_related("dataset").get(pk=fetch_id)
    try:
        carry(fetch)
    except FetchStopped:
        ended(fetch, State.STOPPED, STOPPED)
    except FetchFailed as error:
        problem = {"code": error.code, "message": error.message, "hint": error.hint}
        ended(fetch, State.FAILED, problem)
    except Exception as error:  # one that ends without a word would leave the page waiting
        fault = fault_of(error)
        if fault is None:
            log.exception("fetching %s failed", fetch.dataset.public_id)
        problem = {
            "code": fault.code if fault else "not_fetched",
            "message": str(fault.message) if fault else "The file could not be fetched.",
            "hint": "Try again; if it happens again, tell the administrator.",
        }
        ended(fetch, State.FAILED, problem)


def carry(fetch: DatasetFetch) -> None:
    """Fetch, look at the first bytes, and queue the check."""
    dataset = fetch.dataset
    told = progress_of(fetch)
    told(0, None)
    dataset.folder.mkdir(parents=True, exist_ok=True)
    partial = dataset.folder / ".original"
    try:
        address = address_read(fetch.address)  # what is allowed may have changed
    except UploadRefused as error:
        raise FetchFailed(error.code, error.message, "Ask the administrator.") from error
    if address.repository:
        from .hub import hub_fetch  # the hub's client, for workers alone

        hub_fetch(address, partial, told, pinned_in(fetch))
    else:
        url_fetch(address.url, partial, told)
    kept(fetch, partial)


def kept(fetch: DatasetFetch, partial: Path) -> None:
    dataset = fetch.dataset
    limits = Limits(max_bytes=settings.UPLOAD_MAX_MB * 2**20)
    try:
        sniff(partial, limits, dataset.options.get("encoding", ""))
    except DatasetRefused as error:
        if error.code != "encoding":  # its page asks which
            raise FetchFailed(error.code, error.message, error.hint) from error
    with partial.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    size = partial.stat().st_size
    with transaction.atomic():
        rows = Dataset.objects.select_for_update().filter(pk=dataset.pk, deleted_at=None)
        if rows.first() is None:
            raise FetchStopped
        partial.rename(dataset.original_file)
        rows.update(bytes=size, sha256=digest, state=Dataset.State.UPLOADED)
        DatasetFetch.objects.filter(pk=fetch.pk).update(
            state=State.DONE, done=size, total=size, updated_at=timezone.now()
        )
        enqueue_check(dataset)


def progress_of(fetch: DatasetFetch) -> Callable[[int, int | None], None]:
    """Keeps how far it is, as a sign of life too."""

    def told(done: int, total: int | None) -> None:
        rows = DatasetFetch.objects.filter(pk=fetch.pk, state=State.LOADING)
        if not rows.filter(stop_asked=False, dataset__deleted_at=None).exists():
            raise FetchStopped
        rows.update(done=done, total=total, updated_at=timezone.now())
        margin = settings.UPLOAD_MIN_FREE_MB * 2**20
        if shutil.disk_usage(settings.DATASET_DIR).free < margin + (total or done) - done:
            raise FetchFailed(
                "disk_full",
                "The server's disk has no room for it.",
                "Delete data sets or runs that are no longer needed, then fetch it again.",
            )

    return told


def pinned_in(fetch: DatasetFetch) -> Callable[[str], None]:
    def pinned(commit: str) -> None:
        DatasetFetch.objects.filter(pk=fetch.pk).update(revision=commit[:80])

    return pinned


@transaction.atomic
def ended(fetch: DatasetFetch, state: str, problem: dict[str, Any]) -> None:
    """Nothing of the file is kept; the data set's page says why there is none."""
    shutil.rmtree(fetch.dataset.folder, ignore_errors=True)
    DatasetFetch.objects.filter(pk=fetch.pk).update(
        state=state, stop_asked=False, updated_at=timezone.now()
    )
    rows = Dataset.objects.filter(pk=fetch.dataset_id, state=Dataset.State.FETCHING)
    if rows.update(state=Dataset.State.FAILED, problem=problem):
        fetch.dataset.refresh_from_db()
        dataset_checked.send(Dataset, dataset=fetch.dataset)


def fetches_recheck() -> None:
    """Queue fetches again whose message or worker was lost."""
    old = timezone.now() - LOST_AFTER
    rows = DatasetFetch.objects.filter(
        state__in=DatasetFetch.OPEN, updated_at__lt=old, dataset__deleted_at=None
    )
    lost = list(rows.order_by("created_at").values_list("pk", flat=True)[:100])
    if lost and lacks_messages(QUEUE, len(lost)):
        for pk in lost:
            enqueue("dataset_fetch", pk)
