"""Asking for a data set from an address, and stopping it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.datasets.services import NAME_LENGTH, safe_filename
from finetune.exceptions import UploadRefused
from finetune.queue import enqueue
from finetune.submissions import submission_keep, submission_take
from finetune.teams.models import Team, User

from .addresses import address_read
from .models import DatasetFetch

State = DatasetFetch.State
MOST_OPEN = 5  # of one team


@transaction.atomic
def dataset_fetch(
    *,
    team: Team,
    user: User | None,
    address: str,
    name: str = "",
    licence: str = "",
    options: Mapping[str, Any] | None = None,
    digest: str = "",
) -> Dataset:
    """Have a worker fetch a file and check it.

    Args:
        address: a URL, a file's page at the hub, or `hf://datasets/OWNER/NAME/path`.
        digest: of the form that sends it (`submissions`); empty where it has no token.

    Raises:
        AlreadySubmitted: this form has made its data set.
        UploadRefused: the address may not be fetched, too many are under way, or the disk is full.
    """
    found = address_read(address)
    under_way = DatasetFetch.objects.filter(
        dataset__team=team, dataset__deleted_at=None, state__in=DatasetFetch.OPEN
    )
    if under_way.count() >= MOST_OPEN:
        raise UploadRefused(
            _("%(number)s files are being fetched for this team. Wait until one is there.")
            % {"number": MOST_OPEN},
            code="too_many",
            field="address",
        )
    if shutil.disk_usage(settings.DATASET_DIR).free < settings.UPLOAD_MIN_FREE_MB * 2**20:
        raise UploadRefused(
            _("The server's disk is nearly full. Delete what is not needed, then try again."),
            code="disk_full",
            field="address",
        )
    filename = safe_filename(found.filename)
    dataset = Dataset(
        team=team,
        created_by=user,
        name=(name.strip() or filename.rsplit(".", 1)[0] or filename)[:NAME_LENGTH],
        filename=filename,
        licence=licence.strip(),
        options=dict(options or {}),
        state=Dataset.State.FETCHING,
    )
    if digest and user is not None:
        submission_keep(submission_take(user=user, digest=digest), dataset.public_id)
    dataset.save()
    fetch = DatasetFetch.objects.create(
        dataset=dataset, address=address.strip(), shown=found.shown, updated_at=timezone.now()
    )
    enqueue("dataset_fetch", fetch.pk)
    return dataset


def fetch_stop(fetch: DatasetFetch) -> None:
    """Ask whoever fetches it to stop; one that waits is stopped when its turn comes."""
    DatasetFetch.objects.filter(pk=fetch.pk, state__in=DatasetFetch.OPEN).update(stop_asked=True)


@transaction.atomic
def fetch_again(fetch: DatasetFetch) -> None:
    """Fetch once more what failed or was stopped."""
    ended = DatasetFetch.objects.filter(pk=fetch.pk, state__in=(State.FAILED, State.STOPPED))
    if ended.update(state=State.WAITING, stop_asked=False, done=0, updated_at=timezone.now()):
        Dataset.objects.filter(pk=fetch.dataset_id).update(state=Dataset.State.FETCHING, problem={})
        enqueue("dataset_fetch", fetch.pk)
