"""Downloading base models: asked for here, carried out by a worker, one at a time (`loading`).

A process of its own speaks to the hub (`files/download.py`) and says how far it is; it can be
stopped, and what came is kept. The row says what waits: a lost worker's download is found again.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.files import alone
from finetune.queue import enqueue, messages_waiting
from finetune.teams.models import User

from .catalogue.entries import ENTRIES, Entry
from .files.places import discard
from .models import BaseDownload, BaseModel
from .words import gigabytes

LOST_AFTER = timedelta(seconds=30)
QUEUE = "bases"
State = BaseDownload.State


class DownloadRefused(StudioError):
    """A download that is not begun."""


def may_download(user: User) -> bool:
    """Operators may; people in teams where the operator allows it."""
    return user.has_perm("finetune.add_basedownload") or (
        bool(settings.BASES_BY_TEAMS) and user.is_authenticated
    )


def target_of(download: BaseDownload) -> Path:
    """The folder that it is to become."""
    return Path(settings.BASE_MODEL_DIR) / download.slug


def lock_of(download: BaseDownload) -> Path:
    """Held while it is carried out."""
    return Path(settings.BASE_MODEL_DIR) / f".{download.slug}.download.lock"


def entry_download(*, user: User, slug: str, accepted: bool = False) -> BaseDownload:
    """Download a model of the catalogue, or go on with it.

    Raises:
        DownloadRefused: it is none, is here already, has no room, or its licence is not accepted.
    """
    entry = ENTRIES.get(slug)
    if entry is None:
        known = BaseDownload.objects.filter(slug=slug).first()
        if known is None:
            raise DownloadRefused(_("There is no such model in the catalogue."), code="not_found")
        return download_begin(known, user=user, accepted=accepted)
    values = {"title": entry.title, "repository": entry.repository, "licence": entry.licence[0]}
    return download_start(user=user, slug=slug, accepted=accepted, entry=entry, **values)


def download_start(
    *,
    user: User,
    slug: str,
    title: str,
    repository: str,
    licence: str = "",
    accepted: bool = False,
    entry: Entry | None = None,
) -> BaseDownload:
    """Download any model of the hub under a name of our own; its licence as `entry_download`."""
    asks = entry is not None and entry.asks
    with transaction.atomic():
        download = BaseDownload.objects.filter(slug=slug).first()
        if asks and not accepted and not (download and download.accepted_at):
            raise DownloadRefused(
                _("Read the licence of %(title)s and accept it first.") % {"title": title},
                code="accept",
                field="accepted",
            )
        if download is None:
            room_check(entry.bytes if entry else 0)
            download = BaseDownload(
                slug=slug, title=title, repository=repository, licence=licence,
                state=State.STOPPED, total=entry.bytes if entry else 0,
            )  # fmt: skip
        return download_begin(download, user=user, accepted=accepted)


def download_begin(
    download: BaseDownload, *, user: User | None = None, accepted: bool = False
) -> BaseDownload:
    """Queue a download; one that is under way stays as it is."""
    if download.is_open:
        return download
    if BaseModel.objects.filter(slug=download.slug).exists():
        raise DownloadRefused(
            _("There is a base model called %(slug)s already.") % {"slug": download.slug},
            code="exists",
        )
    if download.total:
        room_check(download.total - download.done)
    if download.code == "accept" and not accepted:
        raise DownloadRefused(
            _("Read the licence of %(title)s and accept it first.") % {"title": download.title},
            code="accept",
            field="accepted",
        )
    if accepted:
        download.accepted_by, download.accepted_at = user, timezone.now()
    download.state, download.stop_asked = State.WAITING, False
    download.code, download.facts, download.problem = "", {}, ""
    download.created_by = user or download.created_by
    download.save()
    enqueue("base_download", download.pk)
    return download


def room_check(needed: int) -> None:
    """Refuse before anything is fetched what the disk has no room for."""
    margin = settings.UPLOAD_MIN_FREE_MB * 2**20
    free = shutil.disk_usage(settings.BASE_MODEL_DIR).free
    if free < needed + margin:
        raise DownloadRefused(
            _(
                "It needs %(needed)s on the disk, where %(free)s are free and %(margin)s have to "
                "stay so. Delete what is not needed, or choose a smaller model."
            )
            % {
                "needed": gigabytes(needed),
                "free": gigabytes(free),
                "margin": gigabytes(margin),
            },
            code="disk",
        )


def download_stop(download: BaseDownload) -> None:
    """Stop it; what came is kept. One that waits is stopped at once."""
    waiting = BaseDownload.objects.filter(pk=download.pk, state=State.WAITING)
    if not waiting.update(state=State.STOPPED, updated_at=timezone.now()):
        BaseDownload.objects.filter(pk=download.pk, state=State.LOADING).update(stop_asked=True)


def download_discard(download: BaseDownload) -> None:
    """Throw away what came of one that is not under way; its revision stays pinned."""
    if download.is_open:
        raise DownloadRefused(
            _("%(title)s is being downloaded. Stop it first.") % {"title": download.title},
            code="open",
        )
    with alone(lock_of(download)) as nobody_works:
        if nobody_works:
            discard(target_of(download))
            changes: dict[str, Any] = {"done": 0, "code": "", "problem": "", "state": State.STOPPED}
            BaseDownload.objects.filter(pk=download.pk).update(**changes)


def downloads_recheck() -> None:
    """Queue downloads again whose message or worker was lost."""
    left = messages_waiting(QUEUE)
    if left is None:
        return  # the broker is away
    old = timezone.now() - LOST_AFTER
    lost = []
    for download in BaseDownload.objects.filter(
        state__in=BaseDownload.OPEN, updated_at__lt=old
    ).order_by("created_at"):
        with alone(lock_of(download)) as nobody_works:
            lost += [download.pk] if nobody_works else []
    if left < len(lost):
        for pk in lost:
            enqueue("base_download", pk)
