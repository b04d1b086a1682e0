"""Deleting a study: what goes with it, and which of its runs stay since somebody uses them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.evaluation.models import Evaluation
from finetune.exports.models import Export
from finetune.runs.models import Run
from finetune.runs.publishing import runs_delete, runs_used
from finetune.teams.audit.services import audit_write

from .exceptions import StudyRefused
from .models import Study, StudyRun
from .results import cells_of

State = Study.State


@dataclass(frozen=True)
class Kept:
    """A run that stays, and why."""

    run: Run
    reason: str


@dataclass(frozen=True)
class Deletion:
    """What becomes of a study's runs when it is deleted with them.

    Attributes:
        going: deleted with their curves, checkpoints and files.
        kept: used elsewhere.
        links: how many open links end.
    """

    going: list[Run]
    kept: list[Kept]
    links: int


def deletion_of(study: Study) -> Deletion:
    """What would go now, and what would stay."""
    cells = cells_of(study)
    uses = uses_of(cells)
    return Deletion(
        going=[cell.run for cell in cells if cell.run_id not in uses],
        kept=[Kept(cell.run, uses[cell.run_id]) for cell in cells if cell.run_id in uses],
        links=study.links.filter(revoked_at=None).count(),
    )


def uses_of(cells: list[StudyRun]) -> Mapping[int, str]:
    """By a run's key, what it is used for beside its study; the first thing that is found."""
    runs = [cell.run for cell in cells]
    keys = [run.pk for run in runs]
    found: dict[int, str] = {}
    answers: Iterable[tuple[Any, Any]] = runs_used.send(Run, runs=runs)
    for _receiver, words in answers:
        found |= words
    known: tuple[tuple[Iterable[Any], str], ...] = (
        (Export.objects.filter(run__in=keys).values_list("run", flat=True), _("exported")),
        (Evaluation.objects.filter(run__in=keys).values_list("run", flat=True), _("evaluated")),
        (
            Run.objects.filter(continues__in=keys).values_list("continues", flat=True),
            _("another run goes on from it"),
        ),
        (
            Study.objects.filter(source__in=keys).values_list("source", flat=True),
            _("another study was made from it"),
        ),
        ([run.pk for run in runs if run.released_at], _("let out of the team")),
        ([cell.run_id for cell in cells if cell.listed], _("put among the assistants")),
    )
    for pks, reason in known:
        found = {**dict.fromkeys(pks, reason), **found}
    return found


def delete_check(study: Study, *, runs: bool) -> None:
    """Refuse what is still at work.

    Raises:
        StudyRefused: with what to do.
    """
    if study.state == State.RUNNING:
        words = _("“%(name)s” is running. Stop it first, then delete it.")
    elif study.state == State.SCORING:
        words = _("“%(name)s” is being scored. Stop it first, then delete it.")
    elif runs and study.cells.exclude(run__state__in=Run.FINISHED).exists():
        words = _(
            "Runs of “%(name)s” are still at work. Cancel them or wait for their end, or let the "
            "runs stay."
        )
    else:
        return
    raise StudyRefused(words % {"name": study.name}, code="wrong_state")


@transaction.atomic
def study_delete(*, study: Study, runs: bool = True) -> Deletion:
    """Delete a study with its table, scores and links.

    Args:
        runs: whether its runs go too, those that are used elsewhere excepted.

    Raises:
        StudyRefused: it is still at work.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    delete_check(study, runs=runs)
    deletion, folder = deletion_of(study), study.folder
    if not runs:
        stay = [Kept(run, "") for run in deletion.going]
        deletion = Deletion([], [*deletion.kept, *stay], deletion.links)
    audit_write("study.deleted", study)
    Study.objects.filter(pk=study.pk).delete()
    runs_delete(deletion.going)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
    return deletion
