"""Creating runs, and the requests people make of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from finetune.exceptions import RunRefused
from finetune.models import BaseModel, Dataset, Run, Team, User
from finetune.training.args import RunConfig
from finetune.training.exceptions import BadConfig
from quantum.adapters.registry import get_adapter
from quantum.exceptions import OptionError, UnknownNameError

from .queue import enqueue
from .transitions import run_log, run_transition

State = Run.State
PLACEHOLDERS = {"base_model": "base", "train_file": "train.jsonl"}


@transaction.atomic
def run_create(
    *,
    team: Team,
    user: User | None,
    base: BaseModel,
    dataset: Dataset,
    validation_dataset: Dataset | None = None,
    name: str = "",
    config: Mapping[str, Any],
    metadata: Mapping[str, str] | None = None,
    request_body: Mapping[str, Any] | None = None,
) -> Run:
    """Check everything that can be checked now, then queue the run.

    Args:
        config: fields of `RunConfig` without paths; beside them `suffix` (part of the model's
            name), `preset` and `epochs` (decides the steps once the data is counted).

    Raises:
        RunRefused: with one sentence per field that cannot be used.
    """
    values = dict(config)
    suffix = slugify(str(values.pop("suffix", "") or ""))[:64]
    preset = str(values.pop("preset", "") or "")
    epochs = values.pop("epochs", None)
    checked = config_check(values, base)
    if epochs is not None and not 0 < float(epochs) <= 1000:
        raise RunRefused(
            "Epochs must be more than 0 and at most 1000.", code="invalid", field="epochs"
        )
    for field, chosen in (("dataset", dataset), ("validation_dataset", validation_dataset)):
        if chosen is not None:
            # A check may have ended since the row was read; it releases only runs that exist.
            chosen.refresh_from_db(from_queryset=Dataset.objects.select_for_update())
            dataset_usable(field, chosen, team)
    run = Run.objects.create(
        team=team,
        created_by=user,
        name=(name.strip() or suffix or run_name(checked, dataset))[:64],
        base=base,
        dataset=dataset,
        validation_dataset=validation_dataset,
        suffix=suffix,
        preset=preset[:20],
        epochs=epochs,
        config=checked,
        total_steps=checked["steps"],
        metadata=dict(metadata or {}),
        request_body=dict(request_body or {}),
    )
    run_log(run, "state", "Created.", {"state": State.CREATED})
    if all(one is None or one.state == Dataset.State.READY for one in run_datasets(run)):
        return run_enqueue(run)
    return run_transition(run.pk, State.VALIDATING, message="Waiting for the data to be checked.")


def run_name(config: Mapping[str, Any], dataset: Dataset) -> str:
    """A name that tells runs apart in a list, for those who give none."""
    title = get_adapter(config["adapter"]).title
    return f"{title}, {config['steps']} steps on {dataset.name}"


def config_check(values: Mapping[str, Any], base: BaseModel) -> dict[str, Any]:
    """Return the settings complete and normalised, without paths.

    Raises:
        RunRefused: an unknown base, adapter, option, target or a value out of its bounds.
    """
    problems: dict[str, str] = {}
    if base.state != BaseModel.State.READY:
        problems["base"] = f"{base.title} is not ready: {base.problem or base.get_state_display()}"
    complete: dict[str, Any] = {}
    try:
        complete = RunConfig.from_dict({**values, **PLACEHOLDERS}).to_dict()
        spec = get_adapter(complete["adapter"])
        complete["adapter_options"] = spec.validate(complete["adapter_options"])
        if base.shapes:
            spec.count(base.linear_shapes, complete["targets"], complete["adapter_options"])
    except BadConfig as error:
        problems |= named_options(error.problems, values)
    except UnknownNameError as error:
        problems["adapter"] = str(error)
    except OptionError as error:
        problems[error.field] = str(error)
    if problems:
        raise refusal(problems)
    for name in ("base_model", "train_file", "validation_file"):
        del complete[name]
    known = {module.rsplit(".", 1)[-1] for module in base.shapes}
    missing = [name for name in complete["targets"] if known and name not in known]
    if missing:
        problems["targets"] = (
            f"{base.title} has no layer named {', '.join(missing)}; "
            f"it has {', '.join(sorted(known))}."
        )
    if base.max_positions and complete["sequence_length"] > base.max_positions:
        problems["sequence_length"] = (
            f"{base.title} reads at most {base.max_positions} tokens at once."
        )
    if problems:
        raise refusal(problems)
    return complete


def named_options(problems: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """The problems, with one of the adapter's options under that option's own name."""
    named = dict(problems)
    if "adapter_options" in named:
        try:
            get_adapter(values.get("adapter", "qtha")).validate(values["adapter_options"])
        except OptionError as error:
            del named["adapter_options"]
            named[error.field] = str(error)
        except (UnknownNameError, TypeError, AttributeError):
            pass  # the adapter itself, or a value that is no object, is told as it is
    return named


def refusal(problems: Mapping[str, str]) -> RunRefused:
    field, first = next(iter(problems.items()))
    return RunRefused(f"{field}: {first}", code="invalid", field=field, problems=dict(problems))


def dataset_usable(field: str, dataset: Dataset, team: Team) -> None:
    if dataset.team_id != team.pk or dataset.deleted_at is not None:
        raise RunRefused("There is no such data set in this team.", code="not_found", field=field)
    if dataset.state == Dataset.State.FAILED:
        reason = dataset.problem.get("message", "the check refused it")
        raise RunRefused(
            f"“{dataset.name}” cannot be used: {reason}", code="invalid_file", field=field
        )


def run_datasets(run: Run) -> tuple[Dataset, Dataset | None]:
    return run.dataset, run.validation_dataset


def run_enqueue(run: Run, message: str = "Queued.", **changes: Any) -> Run:
    """Put a run into the queue; the message to the worker carries its id and nothing else."""
    if run.epochs is not None and not run.started_at:
        steps = steps_of(run)
        changes |= {"config": {**run.config, "steps": steps}, "total_steps": steps}
    moved = run_transition(
        run.pk,
        State.QUEUED,
        message=message,
        request=Run.Request.NONE,
        enqueued_at=timezone.now(),
        lease_owner="",
        lease_until=None,
        error={},
        finished_at=None,
        **changes,
    )
    enqueue("run_execute", run.pk)
    return moved


def steps_of(run: Run) -> int:
    """Optimizer steps that make up the epochs asked for, once the data set is counted."""
    report = run.dataset.report
    dialogues: int = report.get("train", {}).get("dialogues", 0)
    if run.validation_dataset is not None:
        dialogues += report.get("validation", {}).get("dialogues", 0)
    per_step: int = run.config["batch_size"] * run.config["gradient_accumulation"]
    return max(1, math.ceil((run.epochs or 1) * dialogues / per_step))


@transaction.atomic
def runs_release(dataset: Dataset) -> None:
    """After a check: queue the runs that waited for this data set, or fail them with its reason."""
    waiting = Run.objects.filter(state=State.VALIDATING).select_related(
        "dataset", "validation_dataset"
    )
    for run in waiting.filter(dataset=dataset) | waiting.filter(validation_dataset=dataset):
        states = {one.state for one in run_datasets(run) if one}
        if Dataset.State.FAILED in states:
            message = dataset.problem.get("message", "The data set cannot be used.")
            run_transition(
                run.pk,
                State.FAILED,
                message=message,
                level="error",
                error={**dataset.problem, "param": "training_file"},
                finished_at=timezone.now(),
            )
        elif states == {Dataset.State.READY}:
            run_enqueue(run, "The data is checked. Queued.")


def by_whom(by: User | None) -> str:
    return by.get_username() if by else "the studio"


@transaction.atomic
def run_cancel(*, run: Run, by: User | None) -> Run:
    """Cancel at once what no worker holds; ask the trainer of a running one to stop.

    Raises:
        RunRefused: it has ended already.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state in Run.HELD:
        Run.objects.filter(pk=run.pk).update(request=Run.Request.CANCEL)
        run.request = Run.Request.CANCEL
        run_log(run, "log", f"Cancel asked for by {by_whom(by)}; it stops after this step.")
        return run
    return run_transition(
        run.pk,
        State.CANCELLED,
        message=f"Cancelled by {by_whom(by)}.",
        finished_at=timezone.now(),
    )


@transaction.atomic
def run_pause(*, run: Run, by: User | None) -> Run:
    """Pause: a queued run at once, a running one after its current step.

    Raises:
        RunRefused: it is neither queued nor running.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    message = f"Paused by {by_whom(by)}."
    if run.state == State.RUNNING:
        return run_transition(
            run.pk,
            State.PAUSING,
            message=f"Pause asked for by {by_whom(by)}; it stops after this step.",
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
            f"“{run.name}” is {run.get_state_display().lower()}; only a paused run can be resumed.",
            code="wrong_state",
        )
    return run_enqueue(run, f"Resumed by {by_whom(by)}.", attempts=0)


@transaction.atomic
def run_requeue(*, run: Run, by: User | None) -> Run:
    """Queue a failed or cancelled run again; it goes on from its checkpoint if it has one.

    Raises:
        RunRefused: it has not ended, or it succeeded.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state not in (State.FAILED, State.CANCELLED):
        raise RunRefused(
            f"“{run.name}” is {run.get_state_display().lower()}; "
            "only a failed or cancelled run can be queued again.",
            code="wrong_state",
        )
    return run_enqueue(run, f"Queued again by {by_whom(by)}.", attempts=0)
