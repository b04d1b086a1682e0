"""What a person changes in single dialogues until they save it as a version, or discard it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.datasets.formats.beside import are_tags
from finetune.datasets.models import Dataset
from finetune.exceptions import StudioError
from finetune.teams.models import User

from . import changes
from .changes import Change
from .dialogues import Talk
from .models import DialogueDraft
from .services import messages_checked, version_make

MOST = 5000  # dialogues in one draft


def draft_of(dataset: Dataset, user: User) -> dict[int, DialogueDraft]:
    """A person's changes of a version, by line."""
    rows = DialogueDraft.objects.filter(dataset=dataset, user=user)
    return {row.line: row for row in rows}


@transaction.atomic
def draft_change(*, dataset: Dataset, user: User, talk: Talk, **values: Any) -> None:
    """Take down what a person wants changed in one dialogue; what is as it was is no change.

    Args:
        talk: the dialogue.
        values: `left_out` (yes or no), `messages` and `tags` (None: as they are).

    Raises:
        StudioError: the messages are no dialogue, the tags no tags, or the draft is full.
    """
    if values.get("messages") is not None:
        values["messages"] = messages_checked(values["messages"], talk.line, talk.is_pair)
        if values["messages"] == talk.messages:
            values["messages"] = None
    if values.get("tags") and not are_tags(values["tags"]):
        raise StudioError(
            _("Tags are up to 20 short texts without commas, each once."), code="invalid_tags"
        )
    if values.get("tags") == talk.record.get("tags", []):
        values["tags"] = None
    rows = DialogueDraft.objects.filter(dataset=dataset, user=user)
    row, is_new = rows.get_or_create(
        line=talk.line, defaults={"dataset": dataset, "user": user, **values}
    )
    if is_new:
        if rows.count() > MOST:
            raise StudioError(
                _("Save these changes as a version first: a draft holds %(most)s.")
                % {"most": f"{MOST:,}"},
                code="draft_full",
            )
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
    if not row.left_out and row.messages is None and row.tags is None:
        row.delete()


@transaction.atomic
def draft_save(*, dataset: Dataset, user: User) -> Dataset:
    """Make a version of the draft, which is empty then. Raises StudioError, as `version_make`."""
    rows = list(draft_of(dataset, user).values())
    made = version_make(dataset=dataset, user=user, changes=_changes(rows))
    DialogueDraft.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return made


def draft_discard(*, dataset: Dataset, user: User) -> int:
    """Forget a person's changes; return how many there were."""
    return DialogueDraft.objects.filter(dataset=dataset, user=user).delete()[0]


def _changes(rows: list[DialogueDraft]) -> Iterator[Change]:
    for row in rows:
        if row.left_out:
            yield changes.exclude(row.line)
            continue
        if row.messages is not None:
            yield changes.edit(row.line, row.messages)
        if row.tags is not None:
            yield changes.tag(row.line, row.tags)
