"""Asking for evaluations, stopping and deleting them."""

from __future__ import annotations

import shutil
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.exceptions import StudioError
from finetune.queue import enqueue
from finetune.runs.checks import Agreement
from finetune.runs.models import Run
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User
from quantum.adapters.registry import get_adapter

from .chip import chip_agreed, jobs_cancel
from .given import Given
from .harness.presence import harness_missing
from .models import Evaluation
from .process.order import FEW_SHOT, Terms
from .selectors import checkpoints_offered, examples_file
from .tasks import tasks_offered

State = Evaluation.State
Kind = Evaluation.Kind
MOST_WAITING = 20  # of one team


@transaction.atomic
def evaluation_create(
    *,
    team: Team,
    user: User | None,
    kind: str,
    run: Run | None = None,
    base: BaseModel | None = None,
    checkpoint: str = "best",
    dataset: Dataset | None = None,
    part: str = Evaluation.Part.HELD_OUT,
    terms: Terms | None = None,
    given: Given | None = None,
    chip: str | None = None,
    agreement: Agreement | None = None,
) -> Evaluation:
    """Queue an evaluation.

    Args:
        team: whose it is.
        user: who asks.
        kind: one of `Evaluation.Kind`.
        run: of which something is evaluated; None for a base by itself.
        base: that base.
        checkpoint: of the run: `best`, `last`, `base` or a step.
        dataset: what it is evaluated on; None for what the run itself has held out.
        part: of the data set.
        terms: how.
        given: the file of cases of an imported evaluation, in the place of data.
        chip: with a ladder, the chip to climb on to, or an empty text for the usual one.
        agreement: what may be sent to it at most; without one nothing is.

    Raises:
        StudioError: there is nothing to evaluate, or nothing to evaluate it on.
    """
    terms = terms or Terms()
    if kind not in Kind.values:
        raise refused(_("There is no such evaluation."), "kind", "invalid_value")
    if part not in Evaluation.Part.values:
        raise refused(_("There is no such part of a data set."), "part", "invalid_value")
    if run is None and base is None:
        raise refused(_("Name a run or a base."), "fine_tuning_job_id", "missing")
    if run is not None:
        base = run.base
        run_check(run, kind, checkpoint, terms)
    elif kind == Kind.LADDER or terms.circuit != "trained":
        raise refused(_("A base has no circuit."), "kind", "no_circuit")
    else:
        checkpoint = "base"
    assert base is not None
    if kind == Kind.IMPORTED or given is not None:
        given_check(kind, given, dataset)
    elif kind == Kind.HARNESS:
        task_check(terms.task, dataset)
    else:
        data_check(run, dataset, part)
        examples_check(run, dataset, part, kind, terms)
    spending = {}
    if chip is not None or agreement is not None:
        spending = chip_check(kind, run, chip or "", terms, agreement, user)
    waiting = Evaluation.objects.for_team(team).filter(state__in=Evaluation.LIVE).count()
    if waiting >= MOST_WAITING:
        raise StudioError(
            _("%(count)s evaluations of this team wait already. Let them finish first.")
            % {"count": waiting},
            code="too_many",
        )
    made = Evaluation.objects.create(
        team=team,
        created_by=user,
        kind=kind,
        run=run,
        base=base,
        checkpoint=checkpoint,
        dataset=dataset,
        data_name=data_name(kind, terms, given, dataset),
        part=part,
        terms=terms.model_dump(),
        spending=spending,
    )
    if given is not None:
        given.write(made.folder)
    if agreement is not None:
        name = run.name if run else ""
        audit_write("quantum.agreed", made, name=name, by=user, circuits=agreement.circuits)
    enqueue("evaluation_run", made.pk)
    return made


def data_name(kind: str, terms: Terms, given: Given | None, dataset: Dataset | None) -> str:
    """What it is evaluated on, as it is shown; empty for what the run has held out."""
    if kind == Kind.HARNESS:
        return terms.task
    if given is not None:
        return given.name
    return dataset.name if dataset is not None else ""


def run_check(run: Run, kind: str, checkpoint: str, terms: Terms) -> None:
    """Refuse what a run does not have."""
    if checkpoint not in checkpoints_offered(run):
        raise refused(
            _("There are no weights of this step any more. Choose another one."),
            "checkpoint",
            "wrong_state",
        )
    if kind != Kind.LADDER and (kind != Kind.SCORES or terms.circuit == "trained"):
        return
    if checkpoint == "base" or not has_circuit(run):
        raise refused(
            _("There is no circuit in it, so none can be changed. Choose its loss alone."),
            "circuit" if kind == Kind.SCORES else "kind",
            "no_circuit",
        )


def has_circuit(run: Run) -> bool:
    """Whether a run's adapter holds a circuit."""
    settings = run.settings
    return get_adapter(settings.adapter).quantum and settings.circuit() is not None


def data_check(run: Run | None, dataset: Dataset | None, part: str) -> None:
    """Refuse data that is not there or holds nothing out."""
    if dataset is None and run is None:
        raise refused(_("Choose a data set."), "file", "missing")
    if dataset is not None and dataset.state != Dataset.State.READY:
        raise refused(_("This data set is not ready."), "file", "wrong_state")
    if part == Evaluation.Part.ALL:
        if dataset is None:
            words = _("A run holds out a part of its data. Choose a data set to take all of it.")
            raise refused(words, "part", "invalid_value")
        return
    if dataset is not None:
        held_out = dataset.validation_file
    else:
        assert run is not None
        held_out = run.folder / "validation.jsonl"
    if not (held_out.is_file() and held_out.stat().st_size):
        raise refused(
            _("Nothing is held out there. Take all of a data set that nothing was learned from."),
            "part",
            "no_data",
        )


def given_check(kind: str, given: Given | None, dataset: Dataset | None) -> None:
    """Refuse a file of cases with another evaluation, and an imported one without or with more."""
    if kind != Kind.IMPORTED:
        raise refused(
            _("A file of cases belongs to an evaluation of cases written elsewhere alone."),
            "cases",
            "invalid_value",
        )
    if given is None:
        raise refused(_("Choose a file of cases."), "cases", "missing")
    if dataset is not None:
        raise refused(
            _("Cases stand in their own file: choose no data set."), "file", "invalid_value"
        )


def task_check(task: str, dataset: Dataset | None) -> None:
    """Refuse the harness where it is missing, and a task that is not offered or comes with data."""
    if harness_missing():
        raise refused(
            _(
                "lm-evaluation-harness is not installed here. Whoever runs this site can add it: "
                "pip install -r requirements-lm-eval.txt"
            ),
            "kind",
            "not_installed",
        )
    if not task:
        raise refused(_("Choose a task."), "task", "missing")
    offered = tasks_offered()
    if task not in offered:
        words = _("There is no task “%(name)s” here; there are: %(there)s.")
        there = {"name": task, "there": ", ".join(offered) or "–"}
        raise refused(words % there, "task", "invalid_value")
    if dataset is not None:
        words = _("A task brings its own documents: choose no data set.")
        raise refused(words, "file", "invalid_value")


def chip_check(
    kind: str,
    run: Run | None,
    chip: str,
    terms: Terms,
    agreement: Agreement | None,
    user: User | None,
) -> dict[str, Any]:
    """What was agreed to, for a ladder. Raises StudioError: nobody may send that."""
    if kind != Kind.LADDER or run is None:
        raise refused(_("Only a fidelity ladder climbs on to a chip."), "chip", "invalid_value")
    return chip_agreed(run, chip, terms, agreement, user)


def examples_check(
    run: Run | None, dataset: Dataset | None, part: str, kind: str, terms: Terms
) -> None:
    """Refuse solved examples where no part is left to take them from."""
    if kind != Kind.ARITHMETIC or terms.prompt != FEW_SHOT:
        return
    if part == Evaluation.Part.ALL:
        words = _(
            "Solved examples come from the part that is not evaluated. Take the held-out one."
        )
        raise refused(words, "part", "invalid_value")
    source = examples_file(run, dataset)
    if not (source.is_file() and source.stat().st_size):
        raise refused(_("There are no solved problems to show as examples."), "prompt", "no_data")


def terms_read(values: dict[str, Any]) -> Terms:
    """Parse the terms of a form. Raises StudioError with the field that cannot be used."""
    try:
        return Terms.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        words = _("“%(field)s” cannot be used: %(problem)s") % {
            "field": name,
            "problem": first["msg"],
        }
        raise StudioError(words, code="invalid_value", field=name) from None


def refused(message: str, field: str, code: str) -> StudioError:
    return StudioError(message, code=code, field=field)


@transaction.atomic
def evaluation_cancel(*, evaluation: Evaluation, by: User | None = None) -> Evaluation:
    """Stop an evaluation; its process ends within a second, and no more circuits of it are sent.

    Raises:
        StudioError: it has ended already.
    """
    live = Evaluation.objects.filter(pk=evaluation.pk, state__in=Evaluation.LIVE)
    if not live.update(state=State.CANCELLED, finished_at=timezone.now()):
        raise StudioError(_("It has ended already."), code="wrong_state")
    evaluation.refresh_from_db()
    jobs_cancel(evaluation, by)
    return evaluation


@transaction.atomic
def evaluation_delete(*, evaluation: Evaluation, by: User | None = None) -> None:
    """Remove an evaluation and what came out; one that is being computed stops.

    Its jobs on a chip stay in the ledger.
    """
    folder = evaluation.folder
    rows = Evaluation.objects.filter(pk=evaluation.pk)
    rows.select_for_update().first()  # no job is planned for it meanwhile
    jobs_cancel(evaluation, by)
    rows.delete()
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
