"""Keeping, checking and deleting data sets."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.bases.selectors import bases_ready
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.sniffing import sniff
from finetune.exceptions import StudioError, UploadRefused
from finetune.faults import fault_of
from finetune.queue import enqueue
from finetune.submissions import submission_keep, submission_take
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User

from .models import Dataset

dataset_deleting = Signal()  # whoever still uses the set raises StudioError
NAME_LENGTH = 120
EXPIRED_AT_ONCE = 100
log = logging.getLogger(__name__)


def dataset_upload(
    *,
    team: Team,
    user: User | None,
    file: UploadedFile[Any],
    name: str = "",
    purpose: str = "fine-tune",
    licence: str = "",
    options: Mapping[str, Any] | None = None,
    lifetime: timedelta | None = None,
    digest: str = "",
) -> Dataset:
    """Store an upload and queue its check.

    Args:
        lifetime: after which it is deleted by itself; None: never.
        digest: of the form that sends it (`submissions`); empty where it has no token.

    Raises:
        AlreadySubmitted: this form has made its data set; nothing more is kept.
        UploadRefused: it is empty, too large, no text at all (an archive, a picture), or the disk
            has no room. Nothing is kept then.
    """
    filename = safe_filename(file.name or "")
    size_check(filename, file.size or 0)
    room_check(3 * (file.size or 0))
    dataset = Dataset(
        team=team,
        created_by=user,
        name=name,
        filename=filename,
        purpose=purpose,
        licence=licence.strip(),
        options=dict(options or {}),
        expires_at=timezone.now() + lifetime if lifetime else None,
    )

    def submitted() -> None:
        if digest and user is not None:
            submission_keep(submission_take(user=user, digest=digest), dataset.public_id)

    return dataset_keep(dataset, lambda: write_original(dataset, file), submitted)


def size_check(filename: str, size: int) -> None:
    """Raises UploadRefused: a file is empty or too large."""
    limit = settings.UPLOAD_MAX_MB * 2**20
    if not size:
        raise UploadRefused(
            _("%(filename)s is empty (0 bytes). Choose a file with dialogues.")
            % {"filename": filename},
            code="file_empty",
            field="file",
        )
    if size > limit:
        raise UploadRefused(
            _(
                "%(filename)s has %(size)s MB; the limit is %(limit)d MB. Split "
                "it, or ask the administrator to raise WUKONG_UPLOAD_MAX_MB."
            )
            % {
                "filename": filename,
                "size": f"{size / 2**20:.1f}",
                "limit": settings.UPLOAD_MAX_MB,
            },
            code="body_too_large",
            field="file",
        )


def room_check(needed: int) -> None:
    """Raises UploadRefused: the disk has less room than this many bytes and what stays free."""
    room = shutil.disk_usage(settings.DATASET_DIR).free - settings.UPLOAD_MIN_FREE_MB * 2**20
    if room < needed:
        raise UploadRefused(
            _(
                "The server's disk is nearly full, so the file was not kept. "
                "Delete data sets or runs that are no longer needed, or ask the administrator."
            ),
            code="disk_full",
            field="file",
        )


def dataset_keep(
    dataset: Dataset, store: Callable[[], tuple[int, str]], noted: Callable[[], None]
) -> Dataset:
    """Put a new data set's original into its folder, save its row and queue its check.

    Args:
        dataset: not saved yet; without a name it gets its file's.
        store: makes the folder and the original; returns its bytes and its SHA-256.
        noted: what else is written in the transaction that saves the row.

    Raises:
        AlreadySubmitted, UploadRefused: as `dataset_upload`; nothing is kept then.
    """
    filename = dataset.filename
    dataset.name = (dataset.name.strip() or PurePosixPath(filename).stem)[:NAME_LENGTH]
    limits = Limits(max_bytes=settings.UPLOAD_MAX_MB * 2**20)
    try:
        dataset.bytes, dataset.sha256 = store()
        try:
            encoding = dataset.options.get("encoding", "")
            sniff(dataset.original_file, limits, encoding)
        except DatasetRefused as refused:
            if refused.code != "encoding":  # its page asks which, and reads it again
                raise
        with transaction.atomic():
            dataset.save()
            noted()
            audit_write("data.kept", dataset, by=dataset.created_by)
            enqueue_check(dataset)
    except BaseException as error:
        shutil.rmtree(dataset.folder, ignore_errors=True)
        if isinstance(error, DatasetRefused):
            text = f"{filename}: {error.message} {error.hint}"
            raise UploadRefused(text, code=error.code, field="file") from error
        if isinstance(error, OSError):
            raise store_refused(filename, error) from error
        raise
    return dataset


def store_refused(filename: str, error: OSError) -> UploadRefused:
    """What to tell where the machine could not keep a file."""
    fault = fault_of(error)
    advice = fault.message if fault else _("Nothing was kept; try again.")
    return UploadRefused(
        _("%(filename)s could not be stored (%(strerror)s). %(advice)s")
        % {"filename": filename, "strerror": error.strerror, "advice": advice},
        code=fault.code if fault else "not_stored",
        field="file",
    )


def safe_filename(raw: str) -> str:
    """The last part of a client's file name, printable and bounded; it is shown, never opened."""
    last = raw.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(letter for letter in last if letter.isprintable()).strip()
    return clean[-200:] or "upload"


def write_original(dataset: Dataset, file: UploadedFile[Any]) -> tuple[int, str]:
    """Write the bytes under a temporary name, then rename; return their count and SHA-256."""
    dataset.folder.mkdir(parents=True)
    partial = dataset.folder / ".original"
    digest, count = hashlib.sha256(), 0
    with partial.open("wb") as target:
        for chunk in file.chunks():
            target.write(chunk)
            digest.update(chunk)
            count += len(chunk)
        target.flush()
        os.fsync(target.fileno())
    partial.rename(dataset.original_file)
    return count, digest.hexdigest()


def enqueue_check(dataset: Dataset) -> None:
    enqueue("dataset_check", dataset.pk)


@transaction.atomic
def dataset_recheck(
    *,
    dataset: Dataset,
    options: Mapping[str, Any],
    consent: bool | None = None,
    user: User | None = None,
) -> Dataset:
    """Check again with another format, mapping, seed or fraction. Runs keep their own copy.

    Args:
        consent: whether `user` states that everybody who writes in the file agreed; None where
            nobody was asked, which changes nothing.
    """
    dataset.options = {**dataset.options, **options}
    if consent is not None:
        before = dataset.options.get("consent") if consent else None
        dataset.options["consent"] = before or (consent_by(user) if consent else {})
        if not consent:  # withdrawn, or never given: what a check has written goes
            transaction.on_commit(lambda: remove_split(dataset))
    dataset.state = Dataset.State.UPLOADED
    dataset.problem = {}
    dataset.checked_bytes = 0
    dataset.save(update_fields=["options", "state", "problem", "checked_bytes"])
    enqueue_check(dataset)
    return dataset


def remove_split(dataset: Dataset) -> None:
    """Remove what a check has written; the original stays."""
    split = (dataset.train_file, dataset.validation_file, dataset.places_file)
    for file in (*split, dataset.problems_file):
        file.unlink(missing_ok=True)


def consent_by(user: User | None) -> dict[str, str]:
    """Who states that everybody agreed who writes in a file, and when."""
    return {"by": user.username if user else "", "at": timezone.now().isoformat()}


@transaction.atomic
def dataset_delete(*, dataset: Dataset) -> None:
    """Remove a data set and its files. Runs that are finished keep their settings and curves.

    Raises:
        StudioError: something still uses it.
    """
    dataset_deleting.send(Dataset, dataset=dataset)
    Dataset.objects.filter(pk=dataset.pk).update(deleted_at=timezone.now())
    audit_write("data.deleted", dataset)
    folder = dataset.folder
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def datasets_expire() -> None:
    """Delete data sets whose time is over; one that a job still learns from waits for its end."""
    over = Dataset.objects.filter(deleted_at=None, expires_at__lte=timezone.now())
    for dataset in over.order_by("expires_at")[:EXPIRED_AT_ONCE]:
        try:
            dataset_delete(dataset=dataset)
        except StudioError as error:
            log.info("%s is kept beyond its time: %s", dataset.public_id, error)


def tokenizer_file() -> Path | None:
    """The tokenizer that counts tokens: that of the smallest ready base with a local folder."""
    for base in bases_ready():
        path = Path(base.source) / "tokenizer.json"
        if path.is_file():
            return path
    return None
