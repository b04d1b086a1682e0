"""Reading uploads that are under way."""

from __future__ import annotations

from django.db.models import Sum
from django.shortcuts import get_object_or_404
from django.utils import timezone

from finetune.teams.models import Team, User

from .models import Upload, UploadPart


def upload_list_for(team: Team) -> list[Upload]:
    return list(Upload.objects.for_team(team).open())


def upload_get(user: User, public_id: str) -> Upload:
    """A person's own upload, or Http404."""
    return get_object_or_404(Upload.objects.for_user(user), public_id=public_id)


def upload_state(upload: Upload) -> Upload.State:
    """Its state now, also where nobody has looked since it expired."""
    if upload.state == Upload.State.PENDING and upload.expires_at <= timezone.now():
        return Upload.State.EXPIRED
    return Upload.State(upload.state)


def bytes_there(upload: Upload) -> int:
    """Bytes of its parts that are on the disk."""
    parts = UploadPart.objects.filter(upload=upload)
    return int(parts.aggregate(total=Sum("bytes"))["total"] or 0)


def numbers_there(upload: Upload) -> list[int]:
    """Numbers of its parts that are on the disk."""
    rows = UploadPart.objects.filter(upload=upload).order_by("number")
    return [part.number for part in rows if part.number is not None]


def bytes_promised() -> int:
    """Disk space that open uploads will still take: their parts, their files and their splits."""
    rows = Upload.objects.open()
    promised = sum(rows.values_list("bytes", flat=True))
    stored = UploadPart.objects.filter(upload__in=rows).aggregate(total=Sum("bytes"))["total"]
    return 3 * promised - int(stored or 0)
