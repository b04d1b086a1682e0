"""Making one file of the parts of an upload, and a data set of the file.

The bytes are copied once, from the parts into a file beside them, which is then renamed into the
data set's folder; memory holds one block. A process that is killed on the way leaves the parts, and
the next try begins again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_keep, store_refused
from finetune.exceptions import UploadRefused
from finetune.faults import BY_CODE

from .models import Upload, UploadPart
from .services import CLAIM, open_check, parts_remove

BLOCK = 1 << 20
AGAIN = frozenset({*BY_CODE, "checksum_mismatch"})  # refusals after which the parts are kept


def upload_complete(*, upload: Upload, part_ids: Sequence[str], md5: str = "") -> Upload:
    """Put the parts together in this order and queue the check of the file.

    Args:
        md5: of the whole file in hexadecimal digits, to compare with; empty for no comparison.

    Returns:
        The upload, completed; also where it was before.

    Raises:
        UploadRefused: it takes no parts any more, another request puts it together, a part is
            unknown or stands twice, bytes are missing or too many, the sum is another one, the disk
            is full (it can be completed again after these), or no file of this kind is read (it is
            cancelled then).
    """
    if upload.state == Upload.State.COMPLETED:
        return upload
    parts = ordered_parts(upload, part_ids)
    if upload.state != Upload.State.COMPLETING:
        open_check(upload)
    now = timezone.now()
    free = Q(state=Upload.State.PENDING) | Q(
        state=Upload.State.COMPLETING, claimed_at__lt=now - CLAIM
    )
    rows = Upload.objects.filter(free, pk=upload.pk)
    if not rows.update(state=Upload.State.COMPLETING, claimed_at=now):
        upload.refresh_from_db()
        if upload.state == Upload.State.COMPLETED:
            return upload
        raise UploadRefused(_("The upload is being put together already."), code="wrong_state")
    mine = Upload.objects.filter(pk=upload.pk, state=Upload.State.COMPLETING, claimed_at=now)
    try:
        dataset_made(upload, parts, md5, mine)
    except BaseException as error:
        again = not isinstance(error, UploadRefused) or error.code in AGAIN
        state = Upload.State.PENDING if again else Upload.State.CANCELLED
        if mine.update(state=state):
            upload.whole_file.unlink(missing_ok=True)
            if not again:
                parts_remove(upload)
        raise
    parts_remove(upload)
    upload.refresh_from_db()
    return upload


def ordered_parts(upload: Upload, part_ids: Sequence[str]) -> list[UploadPart]:
    """The parts by their ids. Raises UploadRefused: they do not make the file."""
    known = {part.public_id: part for part in UploadPart.objects.filter(upload=upload)}
    unknown = next((one for one in part_ids if one not in known), None)
    if unknown is not None:
        raise UploadRefused(
            _("The upload has no part %(part)s.") % {"part": repr(unknown[:60])},
            code="invalid_value",
            field="part_ids",
        )
    if len(set(part_ids)) != len(part_ids):
        raise UploadRefused(
            _("A part stands twice in the list."), code="invalid_value", field="part_ids"
        )
    total = sum(known[one].bytes for one in part_ids)
    if total != upload.bytes:
        raise UploadRefused(
            _("The parts have %(total)d bytes; %(bytes)d were announced.")
            % {"total": total, "bytes": upload.bytes},
            code="bytes_mismatch",
            field="part_ids",
        )
    return [known[one] for one in part_ids]


def dataset_made(
    upload: Upload, parts: Sequence[UploadPart], md5: str, mine: QuerySet[Upload]
) -> Dataset:
    """Keep the data set, and the upload (in `mine`, while it is this request's) as completed."""
    dataset = Dataset(
        team=upload.team,
        created_by=upload.created_by,
        name=upload.name,
        filename=upload.filename,
        purpose=upload.purpose,
        licence=upload.licence,
        options=upload.options,
        expires_at=expiry_of(upload),
    )

    def store() -> tuple[int, str]:
        try:
            sha256, found = joined(upload.whole_file, [part.file for part in parts])
        except FileNotFoundError as error:
            raise store_refused(upload.filename, error) from error
        if md5 and found != md5.lower():
            raise UploadRefused(
                _("The file's MD5 is %(found)s, not %(given)s. Send the parts again.")
                % {"found": found, "given": md5[:60]},
                code="checksum_mismatch",
                field="md5",
            )
        dataset.folder.mkdir(parents=True)
        upload.whole_file.rename(dataset.original_file)
        return upload.bytes, sha256

    def noted() -> None:
        if not mine.update(state=Upload.State.COMPLETED, dataset=dataset):
            raise UploadRefused(_("Another request has the upload."), code="wrong_state")

    return dataset_keep(dataset, store, noted)


def expiry_of(upload: Upload) -> datetime | None:
    if upload.lifetime_seconds is None:
        return None
    return timezone.now() + timedelta(seconds=upload.lifetime_seconds)


def joined(target: Path, parts: Sequence[Path]) -> tuple[str, str]:
    """Write the parts into one file; return its SHA-256 and its MD5."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with target.open("wb") as whole:
        for path in parts:
            with path.open("rb") as part:
                while block := part.read(BLOCK):
                    whole.write(block)
                    sha256.update(block)
                    md5.update(block)
        whole.flush()
        os.fsync(whole.fileno())
    return sha256.hexdigest(), md5.hexdigest()
