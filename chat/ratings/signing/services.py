"""Asking a reviewer for a data set of pairs, and the answer."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.ratings.services import download_log
from chat.ratings.signing.models import PairSet
from chat.ratings.signing.selectors import pairs_shared
from finetune.datasets.reading.limits import Limits
from finetune.datasets.services import dataset_upload
from finetune.exceptions import StudioError
from finetune.teams.models import Team, User
from finetune.text import typed

State = PairSet.State
LONGEST_WORDS = 1000
LICENCE = 80  # letters that a data set keeps


@transaction.atomic
def pair_set_ask(*, team: Team, user: User, name: str, marks: Collection[str]) -> PairSet:
    """Ask a reviewer whether these pairs may become a data set.

    Raises:
        StudioError: too few of them are shared at this moment.
    """
    shared = pairs_shared(team)
    chosen = [mark for mark in shared if mark in set(marks)]
    fewest = Limits().min_dialogues
    if len(chosen) < fewest:
        words = _("%(chosen)s pairs are chosen; a data set needs at least %(fewest)s.")
        raise StudioError(
            words % {"chosen": len(chosen), "fewest": fewest}, code="too_few", field="pair"
        )
    usual = _("Shared ratings, %(day)s") % {"day": f"{timezone.localdate():%Y-%m-%d}"}
    return PairSet.objects.create(
        team=team, asked_by=user, name=(typed(name) or usual)[:120], marks=chosen
    )


@transaction.atomic
def pair_set_answer(*, row: PairSet, reviewer: User, sign: bool, words: str) -> PairSet:
    """A reviewer signs, and the data set is made; or refuses. Nobody signs for their own wish.

    What has been withdrawn since it was asked is not in the data set.

    Raises:
        StudioError: there are no words, it was answered, it is the reviewer's own, or too few of
            its pairs are still shared.
    """
    row = PairSet.objects.select_for_update().get(pk=row.pk)
    words = " ".join(typed(words).split())
    if not words or len(words) > LONGEST_WORDS:
        text = _("Write what you have read and why, in at most %(longest)s characters.")
        raise StudioError(text % {"longest": LONGEST_WORDS}, code="no_words", field="words")
    if not row.is_asked:
        raise StudioError(_("This has been answered already."), code="answered")
    if sign and row.asked_by_id == reviewer.pk:
        raise StudioError(_("Somebody else has to sign for what you asked."), code="own_wish")
    row.state = State.SIGNED if sign else State.REFUSED
    row.reviewer, row.words, row.answered_at = reviewer.get_username(), words, timezone.now()
    row.save()
    return dataset_made(row) if sign else row


def dataset_made(row: PairSet) -> PairSet:
    """Put what is still shared into a data set; its people see that a copy was taken."""
    shared = pairs_shared(row.team)
    lines = [record_of(mark, shared[mark]) for mark in row.marks if mark in shared]
    if len(lines) < Limits().min_dialogues:
        raise StudioError(
            _("Too few of these pairs are still shared. Choose them anew."), code="too_few"
        )
    note = f"shared by members; signed by {row.reviewer} on {row.answered_at:%Y-%m-%d}"
    row.dataset = dataset_upload(
        team=row.team,
        user=row.asked_by,
        file=SimpleUploadedFile(f"{row.public_id}.jsonl", "".join(lines).encode()),
        name=row.name,
        licence=note[:LICENCE],
    )
    row.save(update_fields=["dataset"])
    if row.asked_by is not None:
        download_log(team=row.team, by=row.asked_by, lines=len(lines))
    return row


def record_of(mark: str, line: dict[str, object]) -> str:
    """A line of the data set: the pair and its mark, and nothing else of who said it when."""
    kept = {name: line[name] for name in ("prompt", "chosen", "rejected")}
    return json.dumps({**kept, "id": mark}, ensure_ascii=False) + "\n"
