"""Creating runs, and the requests people make of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.queue import enqueue
from finetune.runs.form.estimates import RunChoice, run_plan, train_dialogues
from finetune.runs.form.fitting import fit_check
from finetune.runs.form.spending import agreement_note, spending_check
from finetune.runs.page.data import given_of, learned_from
from finetune.runs.worker.exchange import jobs_cancel
from finetune.runs.worker.folders import start_keep
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User
from finetune.training.settings import RunSettings
from quantum.adapters.registry import get_adapter

from .checks import RunOrder, continuation_check, dataset_usable, kind_check, settings_check
from .models import Run
from .queue.quotas import key_hours_check, provider_check, steps_check
from .transitions import by_whom, run_log, run_transition
from .use.services import use_create, use_foresee

State = Run.State


@transaction.atomic
def run_create(order: RunOrder) -> Run:
    """Check everything that can be checked now, then queue the run.

    Raises:
        RunRefused: with one sentence per field that cannot be used.
    """
    epochs = order.epochs
    key_hours_check(order.key)
    plan = run_plan(order)
    settings_check(plan, order.base)
    chosen = plan.settings.completed()
    if order.continues is not None:
        continuation_check(order.continues, order, chosen)
    fit_check(order, plan)
    spending = spending_check(order, plan)
    if epochs is not None and not 0 < float(epochs) <= 1000:
        raise RunRefused(
            _("Epochs must be more than 0 and at most 1000."), code="invalid", field="epochs"
        )
    for field in ("dataset", "validation_dataset"):
        if (dataset := getattr(order, field)) is not None:
            # A check may have ended since the row was read; it releases only runs that exist.
            dataset.refresh_from_db(from_queryset=Dataset.objects.select_for_update())
            dataset_usable(field, dataset, order.team)
            kind_check(field, dataset, chosen.kind)
    suffix = slugify(order.suffix)[:64]
    run = Run.objects.create(
        team=order.team,
        created_by=order.user,
        name=(order.name.strip() or suffix or run_name(chosen, order.dataset))[:64],
        base=order.base,
        dataset=order.dataset,
        validation_dataset=order.validation_dataset,
        suffix=suffix,
        preset=order.preset[:20],
        epochs=epochs,
        config=chosen.to_dict(),
        continues=order.continues,
        continues_step=order.continues_step,
        spending=spending,
        total_steps=chosen.steps,
        priority=order.priority,
        metadata=dict(order.metadata),
        request_body=dict(order.request_body),
    )
    use_create(run, order.key)
    run_log(run, "state", "Created.", {"state": State.CREATED})
    audit_write("run.started", run, by=order.user)
    agreement_note(run, order)
    if epochs is None:  # else nobody knows the steps until the data is counted (`run_enqueue`)
        steps_check(run, run.total_steps)
    if plan.cost is not None and spending:
        provider_check(run.team, plan.cost.seconds[1])
    start_keep(run)
    if all(one is None or one.state == Dataset.State.READY for one in run_datasets(run)):
        return run_enqueue(run)
    return run_transition(run.pk, State.VALIDATING, message="Waiting for the data to be checked.")


def run_name(chosen: RunSettings, dataset: Dataset) -> str:
    """A name that tells runs apart in a list, for those who give none."""
    return f"{get_adapter(chosen.adapter).title}, {chosen.steps} steps on {dataset.name}"


def run_datasets(run: Run) -> tuple[Dataset, Dataset | None]:
    return run.dataset, run.validation_dataset


def run_enqueue(
    run: Run,
    message: str = "Queued.",
    *,
    expected: Iterable[str] | None = None,
    **changes: Any,
) -> Run:
    """Put a run into the queue; the message to the worker carries its id and nothing else.

    Args:
        expected: states that it must be in; a cancelled run is queued again by a person alone.

    Raises:
        RunRefused: its data, which is counted by now, is of another kind or does not fit.
    """
    if not run.started_at:
        kinds_check(run)
    if run.epochs is not None and not run.started_at:
        steps = steps_of(run)
        changes |= {"config": {**run.config, "steps": steps}, "total_steps": steps}
        steps_check(run, steps)
        run.config, run.total_steps = changes["config"], steps
    if not run.started_at:
        changes["step_seconds"] = run_foresee(run)
    if run.state not in Run.HELD:  # one that its worker lost keeps its place
        changes["queued_at"] = timezone.now()
    given = given_of(run) if run.enqueued_at is None else []
    if run.enqueued_at is None:
        changes["latest"] = {**run.latest, "learned_from": learned_from(run)}
    if given:
        changes["latest"] |= {"given": given}
    moved = run_transition(
        run.pk,
        State.QUEUED,
        message=message,
        expected=expected,
        request=Run.Request.NONE,
        enqueued_at=timezone.now(),
        lease_owner="",
        lease_until=None,
        error={},
        finished_at=None,
        **changes,
    )
    for one in given:
        message = f"“{one['dataset']}” as uploaded: {one['words']}"
        if one["left_out"]:
            run_log(moved, "warning", message, {"given": one}, level="warn")
        else:
            run_log(moved, "log", message, {"given": one})
    enqueue("run_execute", run.pk)
    return moved


def kinds_check(run: Run) -> None:
    """Raises RunRefused: its data is of another kind than it learns from."""
    for field in ("dataset", "validation_dataset"):
        if (dataset := getattr(run, field)) is not None:
            kind_check(field, dataset, run.settings.kind)


def run_foresee(run: Run) -> float | None:
    """Forecast a run once its data is known: what it has to compute is kept beside it, and what a
    step of it takes, start and evaluations included, is returned.

    Raises:
        RunRefused: it cannot fit this machine.
    """
    choice = RunChoice(
        team=run.team,
        settings=run.settings,
        base=run.base,
        dataset=run.dataset,
        validation_dataset=run.validation_dataset,
        continues=run.continues,
    )
    plan = run_plan(choice)
    fit_check(choice, plan)
    use_foresee(run, plan)
    seconds = plan.forecast.seconds if plan.forecast else None
    return seconds.middle / run.total_steps if seconds else None


def steps_of(run: Run) -> int:
    """Optimizer steps that make up the epochs asked for, once the data set is counted."""
    per_step = run.settings.dialogues_per_step
    return max(1, math.ceil((run.epochs or 1) * dialogues_of(run) / per_step))


def epochs_of(run: Run) -> float | None:
    """How often a run goes through its data; None while that is not counted."""
    dialogues = dialogues_of(run)
    return run.total_steps * run.settings.dialogues_per_step / dialogues if dialogues else None


def dialogues_of(run: Run) -> int:
    """Dialogues that a run is trained on, as far as they are counted."""
    return train_dialogues(run.dataset, run.validation_dataset)


@transaction.atomic
def run_cancel(*, run: Run, by: User | None) -> Run:
    """Cancel at once what no worker holds; ask the trainer of a running one to stop.

    However its worker's hold ends then (`conclusions`), the run ends as cancelled.

    Raises:
        RunRefused: it has ended already.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state in Run.HELD:
        if run.request != Run.Request.CANCEL:  # asked twice is asked once
            Run.objects.filter(pk=run.pk).update(request=Run.Request.CANCEL)
            run.request = Run.Request.CANCEL
            audit_write("run.cancelled", run, by=by)
            run_log(run, "log", f"Cancel asked for by {by_whom(by)}; it stops in a moment.")
        return run
    jobs_cancel(run, by)
    audit_write("run.cancelled", run, by=by)
    return run_transition(
        run.pk,
        State.CANCELLED,
        message=f"Cancelled by {by_whom(by)}.",
        finished_at=timezone.now(),
    )


@transaction.atomic
def run_pause(*, run: Run, by: User | None) -> Run:
    """Pause: a queued run at once, a running one within its current step, which is dropped.

    Raises:
        RunRefused: it is neither queued nor running, or a cancel was asked for.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    message = f"Paused by {by_whom(by)}."
    if run.state in Run.HELD and run.request == Run.Request.CANCEL:
        raise RunRefused(
            _("“%(name)s” is being cancelled and cannot be paused any more.") % {"name": run.name},
            code="wrong_state",
        )
    audit_write("run.paused", run, by=by)
    if run.state == State.RUNNING:
        return run_transition(
            run.pk,
            State.PAUSING,
            message=f"Pause asked for by {by_whom(by)}; it stops in a moment.",
            request=Run.Request.PAUSE,
        )
    return run_transition(run.pk, State.PAUSED, message=message, expected=[State.QUEUED])


@transaction.atomic
def run_resume(*, run: Run, by: User | None) -> Run:
    """Queue a paused run again; it goes on from its checkpoint.

    Raises:
        RunRefused: it is not paused.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state != State.PAUSED:
        raise RunRefused(
            _("“%(name)s” is %(state)s; only a paused run can be resumed.")
            % {"name": run.name, "state": run.get_state_display().lower()},
            code="wrong_state",
        )
    audit_write("run.resumed", run, by=by)
    return run_enqueue(run, f"Resumed by {by_whom(by)}.", attempts=0)


@transaction.atomic
def run_requeue(*, run: Run, by: User | None) -> Run:
    """Queue a failed or cancelled run again; it goes on from its checkpoint if it has one.

    A job on a quantum machine that failed or was cancelled may then be sent once more: a person
    has asked for it. It counts against the caps again.

    Raises:
        RunRefused: it has not ended, or it succeeded.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state not in (State.FAILED, State.CANCELLED):
        raise RunRefused(
            _("“%(name)s” is %(state)s; only a failed or cancelled run can be queued again.")
            % {"name": run.name, "state": run.get_state_display().lower()},
            code="wrong_state",
        )
    steps_check(run, run.total_steps)
    changes: dict[str, Any] = {"attempts": 0}
    if run.spending:
        changes["spending"] = {**run.spending, "again": run.spending.get("again", 0) + 1}
    audit_write("run.requeued", run, by=by)
    return run_enqueue(run, f"Queued again by {by_whom(by)}.", **changes)
