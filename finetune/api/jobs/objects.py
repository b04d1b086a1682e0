"""Runs, events and checkpoints in OpenAI's words."""

import math
import time
from collections.abc import Mapping
from typing import Any, Literal

from ninja import Schema

from finetune.api.errors import ApiError, without_paths_in
from finetune.api.files import result_id
from finetune.api.pages import ListPage
from finetune.api.times import moment
from finetune.exceptions import without_paths
from finetune.runs.checkpoints import Checkpoint
from finetune.runs.models import Run, RunEvent
from finetune.runs.page.curves import REWARDS, learns_preferences
from finetune.runs.queue.line import Place, place_of
from finetune.runs.queue.services import NAMES
from finetune.runs.services import epochs_of
from finetune.text import whole_number

STATUS = {
    Run.State.CREATED: "validating_files",
    Run.State.VALIDATING: "validating_files",
    Run.State.QUEUED: "queued",
    Run.State.RUNNING: "running",
    Run.State.PAUSING: "running",
    Run.State.PAUSED: "paused",
    Run.State.SUCCEEDED: "succeeded",
    Run.State.FAILED: "failed",
    Run.State.CANCELLED: "cancelled",
}
RENAMED = {
    "train_accuracy": "train_mean_token_accuracy",
    "validation_loss": "valid_loss",
    "validation_accuracy": "valid_mean_token_accuracy",
}
UNCOUNTED = (Run.State.CREATED, Run.State.VALIDATING)
ASKED_MODEL = "model_asked"  # in a request's body: the hosted model that the base stands for
FOR_THE_LOG = frozenset({"trace_tail"})  # where in our code it happened
METRIC_TYPES = frozenset({"metrics", "evaluation"})


class JobObject(Schema):
    id: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    created_at: int
    finished_at: int | None
    error: dict[str, Any] | None
    fine_tuned_model: str | None
    hyperparameters: dict[str, Any]
    model: str
    organization_id: str
    result_files: list[str]
    status: str
    trained_tokens: int | None
    training_file: str
    validation_file: str | None
    seed: int
    estimated_finish: int | None
    integrations: list[Any]
    metadata: dict[str, str]
    method: dict[str, Any]
    wukong: dict[str, Any]


class JobList(ListPage):
    data: list[JobObject]


class EventObject(Schema):
    id: str
    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: str
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any]


class EventList(ListPage):
    data: list[EventObject]


class CheckpointObject(Schema):
    id: str
    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: dict[str, float | None]
    wukong: dict[str, Any]


class CheckpointList(ListPage):
    data: list[CheckpointObject]


def place_object(place: Place | None) -> dict[str, Any] | None:
    """Where a job stands among those of all teams, and when it is expected to start."""
    if place is None:
        return None
    return {
        "position": place.number,
        "of": place.of,
        "expected_start": moment(place.starts_at),
        "held_back_by_quota": place.held_back,
    }


def short(run: Run) -> str:
    return run.public_id.removeprefix("ftjob-")


def job_object(run: Run, places: Mapping[int, Place] | None = None) -> dict[str, Any]:
    """`places` are those of every job that waits, where somebody has them already."""
    failed = run.state == Run.State.FAILED
    succeeded = run.state == Run.State.SUCCEEDED
    left = run.seconds_left if run.state == Run.State.RUNNING else None
    asked = hyperparameters(run)
    return {
        "id": run.public_id,
        "object": "fine_tuning.job",
        "created_at": int(run.created_at.timestamp()),
        "finished_at": moment(run.finished_at),
        "error": error_object(run) if failed else None,
        "fine_tuned_model": run.fine_tuned_model,
        "hyperparameters": asked,
        "model": job_model(run),
        "organization_id": run.team.slug,
        "result_files": [result_id(run)] if succeeded else [],
        "status": STATUS[Run.State(run.state)],
        "trained_tokens": run.trained_tokens if run.is_finished else None,
        "training_file": run.dataset.public_id,
        "validation_file": run.validation_dataset.public_id if run.validation_dataset else None,
        "seed": run.settings.seed,
        "estimated_finish": int(time.time() + left) if left is not None else None,
        "integrations": [],
        "metadata": run.metadata,
        "method": method_object(run, asked),
        "wukong": {
            "name": run.name,
            "state": run.state,
            "preset": run.preset,
            "model_asked": run.request_body.get(ASKED_MODEL),
            "priority": NAMES[run.priority],
            "place": place_object(places.get(run.pk) if places is not None else place_of(run)),
            "continues_step": run.continues_step,
            "step": run.step,
            "total_steps": run.total_steps,
            "epochs": run.epochs or epochs_of(run),
            "trainable_parameters": run.trainable_parameters,
            "config": {key: value for key, value in run.config.items() if key != "calibration"},
            "given": run.latest.get("given", []),
            "data": run.latest.get("learned_from", []),
            "troubles": list(run.latest.get("troubles", {}).values()),
            "result": {key: value for key, value in run.result.items() if key != "unpublished"},
        },
    }


def job_model(run: Run) -> str:
    """The base, or the tuned model that the job goes on from."""
    return str(run.request_body.get("model") or run.base.slug)


def method_object(run: Run, asked: dict[str, Any]) -> dict[str, Any]:
    """OpenAI calls learning from pairs of replies `dpo`."""
    if not learns_preferences(run):
        return {"type": "supervised", "supervised": {"hyperparameters": asked}}
    return {"type": "dpo", "dpo": {"hyperparameters": {**asked, "beta": run.settings.beta}}}


def hyperparameters(run: Run) -> dict[str, Any]:
    """What the run takes; "auto" while nobody can know it, because its data is not counted yet."""
    asked = run.request_body.get("hyperparameters") or {}
    epochs = run.epochs or (None if run.state in UNCOUNTED else epochs_of(run))
    factor = asked.get("learning_rate_multiplier")
    return {
        "batch_size": run.settings.dialogues_per_step,
        "learning_rate_multiplier": factor or (1.0 if epochs else "auto"),
        # A whole number, as clients in other languages want it: a pass that is begun counts.
        "n_epochs": math.ceil(epochs) if epochs else "auto",
    }


def error_object(run: Run) -> dict[str, Any]:
    parts = [run.error.get("message") or "The run failed.", run.error.get("hint")]
    return {
        "code": run.error.get("code") or "failed",
        "message": without_paths(" ".join(part for part in parts if part)),
        "param": run.error.get("param"),
    }


def event_id(run: Run, seq: int) -> str:
    return f"ftevent-{short(run)}-{seq}"


def event_seq(run: Run, text: str) -> int:
    """The place in the job's log that an event's id names.

    Raises:
        ApiError: it is no id of an event of this job.
    """
    seq = whole_number(text.rsplit("-", 1)[-1])
    if seq is None or text != event_id(run, seq):
        raise ApiError(
            400,
            f"after: {text[:100]!r} is not an event of this job.",
            code="invalid_value",
            param="after",
        )
    return min(seq, 2**31)


def event_object(run: Run, event: RunEvent) -> dict[str, Any]:
    data = {
        name: without_paths_in(value)
        for name, value in event.shown_data.items()
        if name not in FOR_THE_LOG
    }
    if event.type in METRIC_TYPES:
        names = renamed(run)
        data |= {names[name]: value for name, value in event.data.items() if name in names}
    return {
        "id": event_id(run, event.seq),
        "object": "fine_tuning.job.event",
        "created_at": int(event.time.timestamp()),
        "level": event.level,
        "message": without_paths(event.message),
        "type": "metrics" if event.type in METRIC_TYPES else "message",
        "data": {**data, "event": event.type},
    }


def renamed(run: Run) -> dict[str, str]:
    """Our names that OpenAI has others for; the accuracy of rewards is none of tokens."""
    if not learns_preferences(run):
        return RENAMED
    return {ours: theirs for ours, theirs in RENAMED.items() if "token" not in theirs}


def checkpoint_id(run: Run, step: int) -> str:
    return f"ftckpt_{short(run)}_{step}"


def checkpoint_object(
    run: Run, event: RunEvent, measured: dict[int, dict[str, Any]], best: int | None
) -> dict[str, Any]:
    """`measured` holds, by step, what the metrics and evaluation events of the run say."""
    step = int(event.data["step"])
    point = Checkpoint(run, step)
    values = measured.get(step, {})
    names: tuple[str, ...] = (
        *("train_loss", "train_accuracy"),
        *("validation_loss", "validation_accuracy"),
    )
    metrics = {"step": float(step)}
    if learns_preferences(run):
        names += (*REWARDS, *(f"validation_{name}" for name in REWARDS))
    metrics |= {renamed(run).get(name, name): values[name] for name in names if name in values}
    if "valid_loss" in metrics:
        # Each evaluation reads the same held-out dialogues, so both pairs are one measurement.
        metrics["full_valid_loss"] = metrics["valid_loss"]
    if "valid_mean_token_accuracy" in metrics:
        metrics["full_valid_mean_token_accuracy"] = metrics["valid_mean_token_accuracy"]
    return {
        "id": checkpoint_id(run, step),
        "object": "fine_tuning.job.checkpoint",
        "created_at": int(event.time.timestamp()),
        "fine_tuned_model_checkpoint": point.name,
        "fine_tuning_job_id": run.public_id,
        "step_number": step,
        "metrics": metrics,
        "wukong": {
            "kept": point.is_kept,
            "bytes": point.bytes if point.is_kept else None,
            "best": step == best,
        },
    }
