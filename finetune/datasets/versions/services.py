"""Making a version of a data set, and keeping the one that it is made of."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.dispatch import receiver
from django.utils.translation import gettext as _

from finetune.datasets.checking import limits
from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.formats.beside import are_tags
from finetune.datasets.formats.calls import settled_calls
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.formats.preference import pair_check
from finetune.datasets.models import Dataset
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.services import dataset_deleting, enqueue_check
from finetune.exceptions import StudioError
from finetune.teams.models import User

from .changes import Change, changes_write
from .exports import OWN
from .models import DialogueDraft

NOT_KEPT = (
    "format",
    "mapping",
    "encoding",
)  # a version has the site's own form, whatever the upload had


def version_make(
    *, dataset: Dataset, user: User | None, changes: Iterable[Change], note: str = ""
) -> Dataset:
    """Make the next version of a data set; its file is written, and checked, in the background.

    Args:
        dataset: the version to change; it stays as it is. One whose check refused it can be
            mended (`fix`), if its lines were read.
        changes: made with `changes.edit`, `exclude`, `tag`, `mask`, `fix` and `fix_all`; read
            once, and several of one line are put together. A line that no dialogue has is counted
            (`changes["unmet"]`) and changes nothing.
        note: why, in a few words of a person's or of the check's that asked for it.

    Returns:
        The new version, waiting to be made and checked.

    Raises:
        StudioError: `not_checked`, `no_changes`, `invalid_dialogue`, `invalid_tags` or
            `disk_full`.
    """
    if dataset.state not in (Dataset.State.READY, Dataset.State.FAILED) or dataset.deleted_at:
        raise StudioError(
            _("“%(name)s” is not checked yet. Wait until it is.") % {"name": dataset.name},
            code="not_checked",
        )
    room_check(dataset)
    made = Dataset(
        team=dataset.team,
        created_by=user,
        name=dataset.name,
        purpose=dataset.purpose,
        licence=dataset.licence,
        licence_tag=dataset.licence_tag,
        source=dataset.source,
        for_evaluation=dataset.for_evaluation,
        expires_at=dataset.expires_at,
        options={
            **{key: value for key, value in dataset.options.items() if key not in NOT_KEPT},
            "format": OWN[dataset.kind],
        },
        first_id=dataset.first_id or dataset.pk,
        previous=dataset,
    )
    made.folder.mkdir(parents=True)
    try:
        asked = changes_write(made.changes_file, checked(changes, dataset.kind == PREFERENCE))
        if not asked:
            raise StudioError(_("There is nothing to change."), code="no_changes")
        made.changes = {
            "by": user.get_username() if user else "",
            "note": note.strip()[:200],
            "asked": dict(asked),
            "read_as": dataset.options,
        }
        with transaction.atomic():
            family = Dataset.objects.select_for_update().filter(dataset.family)
            made.version = 1 + (family.aggregate(last=Max("version"))["last"] or 1)
            stem = PurePosixPath(dataset.filename).stem.removesuffix(f".v{dataset.version}")
            made.filename = f"{stem[:180]}.v{made.version}.jsonl"
            made.save()
            enqueue_check(made)
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    return made


def room_check(dataset: Dataset) -> None:
    """Raises StudioError: the disk has no room for another version and its split."""
    room = shutil.disk_usage(settings.DATASET_DIR).free - settings.UPLOAD_MIN_FREE_MB * 2**20
    if room < 3 * dataset.bytes:
        raise StudioError(
            _(
                "The server's disk is nearly full, so no version was made. "
                "Delete data sets or runs that are no longer needed, or ask the administrator."
            ),
            code="disk_full",
        )


def checked(changes: Iterable[Change], pairs: bool = False) -> Iterator[Change]:
    """The changes, each looked at by the checks that a dialogue, or a pair, has to pass."""
    for change in changes:
        if change.messages is not None:
            messages = messages_checked(change.messages, change.line, pairs)
            yield Change(change.kind, change.line, messages=messages)
        elif change.tags and not are_tags(change.tags):
            raise StudioError(
                _("Tags are up to 20 short texts without commas, each once."), code="invalid_tags"
            )
        else:
            yield change


def messages_checked(messages: list[Any], line: int, pairs: bool = False) -> list[dict[str, Any]]:
    """The messages with the keys that are kept. Raises StudioError: they are no dialogue.

    Args:
        pairs: whether they are to be a pair: what was said, the preferred reply, the other one.
    """
    try:
        plain = [settled_calls(one) if isinstance(one, dict) else one for one in messages]
        kept = check_messages(plain, limits())
        if pairs:
            pair_check(kept)
        return kept
    except RecordProblem as problem:
        raise StudioError(
            _("Line %(line)s: %(reason)s. %(fix)s")
            % {"line": line, "reason": problem.reason, "fix": problem.fix},
            code="invalid_dialogue",
        ) from problem


@receiver(dataset_deleting)
def version_needed(dataset: Dataset, **_kwargs: Any) -> None:
    """Keep a version while another one is being made of it; forget the drafts of one that goes."""
    if Dataset.objects.filter(
        previous=dataset, deleted_at=None, sha256="", state__in=("uploaded", "checking")
    ).exists():
        raise StudioError(
            _("A version is being made of “%(name)s”. Wait until it is there.")
            % {"name": dataset.name},
            code="dataset_in_use",
        )
    DialogueDraft.objects.filter(dataset=dataset).delete()
