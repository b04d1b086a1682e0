"""What can be done about a finding: a new version with masks, or without the dialogues."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from django.utils.translation import gettext as _

from finetune.datasets.formats.calls import with_texts
from finetune.datasets.models import Dataset
from finetune.datasets.versions import changes
from finetune.datasets.versions.changes import Change
from finetune.datasets.versions.dialogues import Dialogues
from finetune.datasets.versions.services import version_make
from finetune.exceptions import StudioError
from finetune.teams.models import User

from .models import Findings
from .page import FindingsView, places_of
from .personal.masking import masked

BLOCK = 500


def finding_mask(*, dataset: Dataset, user: User, name: str) -> Dataset:
    """Make a version in which masks stand in the place of what a finding points at.

    Raises:
        StudioError: there is nothing to mask, or no version can be made.
    """
    row = wanted(dataset, name, mask=True)
    note = _("Personal data masked")
    return version_make(dataset=dataset, user=user, changes=masks(dataset, row, name), note=note)


def finding_exclude(*, dataset: Dataset, user: User, name: str) -> Dataset:
    """Make a version without the dialogues that a finding points at.

    Of a dialogue that stands nearly the same on both sides the held-out one goes.

    Raises:
        StudioError: there is nothing to leave out, or no version can be made.
    """
    row = wanted(dataset, name)
    note = _("Left out: %(finding)s") % {"finding": FindingsView(dataset).row_of(name).title}  # type: ignore[union-attr]
    lines = dict.fromkeys(lines_of(row, name, held_out=name == "split_leak"))
    return version_make(
        dataset=dataset, user=user, changes=(changes.exclude(line) for line in lines), note=note
    )


def wanted(dataset: Dataset, name: str, *, mask: bool = False) -> Findings:
    """Raises StudioError: the finding has nothing of the kind to offer."""
    view = FindingsView(dataset)
    row = view.row_of(name)
    if view.row is None or row is None or not (row.can_mask if mask else row.can_exclude):
        raise StudioError(_("There is nothing to change."), code="no_changes")
    return view.row


def lines_of(row: Findings, name: str, *, held_out: bool = False) -> Iterator[int]:
    for offset in count(0, BLOCK):
        places = places_of(row, name, offset, BLOCK)
        if not places:
            return
        for place in places:
            if not held_out or place["part"] == "validation":
                yield int(place["line"])


def masks(dataset: Dataset, row: Findings, name: str) -> Iterator[Change]:
    dialogues = Dialogues(dataset)
    for line in lines_of(row, name):
        talk = dialogues.of_line(line)
        if talk is not None:
            messages = [with_texts(one, masked) for one in talk.messages]
            yield changes.edit(line, messages)
