"""Beginning an upload in parts, taking its parts, and giving it up."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.datasets.services import room_check, safe_filename, size_check, store_refused
from finetune.exceptions import UploadRefused
from finetune.teams.models import Team, User

from .models import Upload, UploadPart
from .selectors import bytes_promised, bytes_there, upload_state

MOST_PARTS = 10_000
PAGE_PART = 8 * 2**20  # bytes that a page sends at once: what a broken connection loses
CLAIM = timedelta(minutes=10)  # after which whoever put the parts together is thought dead


def upload_create(
    *,
    team: Team,
    user: User | None,
    filename: str,
    size: int,
    purpose: str = "fine-tune",
    mime_type: str = "",
    name: str = "",
    licence: str = "",
    options: Mapping[str, Any] | None = None,
    fingerprint: str = "",
    lifetime: timedelta | None = None,
) -> Upload:
    """Begin an upload, or go on with the one of this file where a page names its fingerprint.

    Raises:
        UploadRefused: it is empty or too large, the disk has no room for it and for what other
            uploads were promised, or the team has too many under way.
    """
    filename = safe_filename(filename)
    size_check(filename, size)
    given = {"name": name.strip(), "licence": licence.strip(), "options": dict(options or {})}
    if fingerprint and user is not None:
        mine = Upload.objects.for_user(user).for_team(team).open()
        same = mine.filter(fingerprint=fingerprint, bytes=size, state=Upload.State.PENDING)
        if (upload := same.first()) is not None:
            Upload.objects.filter(pk=upload.pk).update(**given)
            return upload
    if Upload.objects.for_team(team).open().count() >= settings.UPLOADS_OPEN:
        raise UploadRefused(
            _("Your team has %(count)d uploads under way. Finish or cancel one first.")
            % {"count": settings.UPLOADS_OPEN},
            code="quota",
        )
    room_check(3 * size + bytes_promised())
    return Upload.objects.create(
        team=team,
        created_by=user,
        filename=filename,
        purpose=purpose,
        mime_type=mime_type,
        bytes=size,
        part_bytes=PAGE_PART if fingerprint else 0,
        fingerprint=fingerprint,
        expires_at=timezone.now() + timedelta(hours=settings.UPLOAD_HOURS),
        lifetime_seconds=int(lifetime.total_seconds()) if lifetime else None,
        **given,
    )


def part_add(
    *,
    upload: Upload,
    file: UploadedFile[Any],
    number: int | None = None,
    crc32: int | None = None,
) -> UploadPart:
    """Keep one part. A numbered one that is there already is not kept twice.

    Raises:
        UploadRefused: the upload takes no parts any more, the part is empty, too large or broken,
            or the disk is full.
    """
    open_check(upload)
    size = file.size or 0
    limit = settings.REQUEST_MAX_MB * 2**20
    if not 0 < size <= limit:
        raise UploadRefused(
            _("A part has 1 byte to %(limit)d MB.") % {"limit": settings.REQUEST_MAX_MB},
            code="body_too_large" if size else "file_empty",
            field="data",
        )
    if number is not None:
        expected = min(upload.part_bytes, upload.bytes - number * upload.part_bytes)
        if not 0 <= number < upload.part_count or size != expected:
            raise UploadRefused(
                _("This is no part of the file."), code="invalid_value", field="data"
            )
    # One more than the file has: a client repeats a part whose answer was lost.
    elif bytes_there(upload) + size > upload.bytes + limit:
        raise UploadRefused(
            _("The parts have more bytes than the file."), code="too_many_bytes", field="data"
        )
    elif upload.parts.count() >= MOST_PARTS:
        raise UploadRefused(
            _("The upload has %(count)d parts already. Send larger ones.") % {"count": MOST_PARTS},
            code="too_many_parts",
            field="data",
        )
    part = UploadPart(upload=upload, number=number, bytes=size)
    try:
        part.crc32 = write_part(part.file, file)
        if crc32 is not None and part.crc32 != crc32:
            raise UploadRefused(
                _("The part was changed on its way. Send it again."),
                code="checksum_mismatch",
                field="data",
            )
        with transaction.atomic():
            part.save()
    except IntegrityError:  # two tabs, or an answer that was lost
        part.file.unlink(missing_ok=True)
        return UploadPart.objects.get(upload=upload, number=number)
    except BaseException as error:
        part.file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise store_refused(upload.filename, error) from error
        raise
    return part


def open_check(upload: Upload) -> None:
    """Raises UploadRefused: the upload takes no more parts."""
    state = upload_state(upload)
    if state == Upload.State.EXPIRED:
        raise UploadRefused(
            _("The upload has expired; its parts are removed. Begin a new one."),
            code="upload_expired",
        )
    if state != Upload.State.PENDING:
        raise UploadRefused(
            _("The upload is %(state)s and takes no more parts.") % {"state": state.value},
            code="wrong_state",
        )


def write_part(path: Path, file: UploadedFile[Any]) -> int:
    """Write a part's bytes, all or none that anybody finds; return their CRC-32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    crc32 = 0
    with path.open("wb") as target:
        for chunk in file.chunks():
            target.write(chunk)
            crc32 = zlib.crc32(chunk, crc32)
        target.flush()
        os.fsync(target.fileno())
    return crc32


def upload_cancel(*, upload: Upload) -> Upload:
    """Give an upload up and remove its parts; one that is cancelled stays so.

    Raises:
        UploadRefused: it is completed, or about to be.
    """
    states = [Upload.State.PENDING, Upload.State.CANCELLED]
    if not Upload.objects.filter(pk=upload.pk, state__in=states).update(
        state=Upload.State.CANCELLED
    ):
        upload.refresh_from_db()
        raise UploadRefused(
            _("The upload is %(state)s and cannot be cancelled.") % {"state": upload.state},
            code="wrong_state",
        )
    upload.refresh_from_db()
    parts_remove(upload)
    return upload


def parts_remove(upload: Upload) -> None:
    folder = upload.folder
    UploadPart.objects.filter(upload=upload).delete()
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def uploads_sweep() -> None:
    """Expire uploads that nobody finished; remove every folder of parts that nobody needs."""
    now = timezone.now()
    lapsed = Upload.objects.filter(state=Upload.State.PENDING, expires_at__lte=now)
    stuck = Upload.objects.filter(
        state=Upload.State.COMPLETING, expires_at__lte=now, claimed_at__lt=now - CLAIM
    )
    for upload in lapsed | stuck:
        Upload.objects.filter(pk=upload.pk, state=upload.state).update(state=Upload.State.EXPIRED)
        UploadPart.objects.filter(upload=upload).delete()
    folders = {path.name for path in Path(settings.UPLOAD_PART_DIR).glob("*")}
    busy = [Upload.State.PENDING, Upload.State.COMPLETING]
    rows = Upload.objects.filter(public_id__in=folders, state__in=busy)
    for name in folders - set(rows.values_list("public_id", flat=True)):
        shutil.rmtree(Path(settings.UPLOAD_PART_DIR) / name, ignore_errors=True)
