"""What can be done about a finding: a new version with masks, or without some of the dialogues."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.datasets.versions import changes
from finetune.datasets.versions.changes import Change
from finetune.datasets.versions.dialogues import Dialogues
from finetune.datasets.versions.draft import draft_change
from finetune.datasets.versions.services import version_make
from finetune.exceptions import StudioError
from finetune.teams.models import User

from .models import Findings
from .page import FindingsView, Row

Do = Literal["mask", "exclude", "keep_first"]


def finding_change(*, dataset: Dataset, user: User | None, name: str, do: Do) -> Dataset:
    """Make a version in which something is done about a finding.

    Raises:
        StudioError: there is nothing to do about it in this way, or no version can be made.
    """
    wanted, note = finding_changes(dataset, name, do)
    return version_make(dataset=dataset, user=user, changes=wanted, note=note)


def finding_changes(dataset: Dataset, name: str, do: Do) -> tuple[Iterator[Change], str]:
    """The changes, and what to say of them; only the lines are looked up here.

    Args:
        do: `mask` puts masks in the place of what it points at. `exclude` leaves its dialogues
            out; of one that stands nearly the same on both sides the held-out one goes.
            `keep_first` leaves out all but the first that is listed of each group.

    Raises:
        StudioError: `no_changes`, there is nothing to do about it in this way.
    """
    view = FindingsView(dataset)
    row = view.row_of(name)
    if view.row is None or row is None or do not in done_about(row):
        raise StudioError(_("There is nothing to change."), code="no_changes")
    if do == "mask":
        wanted = (changes.mask(line) for line in lines_of(view.row, name))
        return wanted, _("Personal data masked")
    note = _("Left out: %(finding)s") % {"finding": row.title}
    held_out, behind_first = name == "split_leak", do == "keep_first"
    lines = lines_of(view.row, name, held_out=held_out, behind_first=behind_first)
    return (changes.exclude(line) for line in lines), note


def done_about(row: Row) -> list[Do]:
    """What can be done about a finding."""
    ways: dict[Do, bool] = {
        "mask": row.can_mask,
        "exclude": row.can_exclude,
        "keep_first": row.can_choose,
    }
    return [do for do, can in ways.items() if can]


def lines_of(
    row: Findings, name: str, *, held_out: bool = False, behind_first: bool = False
) -> Iterator[int]:
    """Lines of the dialogues that a finding points at, each once.

    Args:
        held_out: only of those that are held out.
        behind_first: not of the first one of each group.
    """
    seen: set[int] = set()
    groups: set[int] = set()
    for place in every_place(row, name):
        if behind_first and place["group"] not in groups:
            groups.add(place["group"])
            continue
        if place["line"] not in seen and (not held_out or place["part"] == "validation"):
            seen.add(place["line"])
            yield int(place["line"])


def every_place(row: Findings, name: str) -> Iterator[dict[str, Any]]:
    try:
        with (row.folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except FileNotFoundError:
        return


@transaction.atomic
def draft_choose(
    *, dataset: Dataset, user: User, lines: Collection[int], stay: Collection[int]
) -> int:
    """Take down in a person's draft which of some dialogues stay; the others are left out.

    Returns:
        How many of them are left out.

    Raises:
        StudioError: the draft is full.
    """
    dialogues = Dialogues(dataset)
    count = 0
    for line in lines:
        talk = dialogues.of_line(line)
        if talk is not None:
            left_out = line not in stay
            draft_change(dataset=dataset, user=user, talk=talk, left_out=left_out)
            count += left_out
    return count
