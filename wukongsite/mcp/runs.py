"""Tools that plan, start, stop and read runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import Field

from finetune.api.errors import ApiError
from finetune.api.jobs.creation import job_create, job_order, job_refusal, run_of
from finetune.api.jobs.lists import jobs_page
from finetune.api.jobs.objects import error_object, place_object
from finetune.api.jobs.plan import plan_told
from finetune.api.jobs.repeats import once
from finetune.api.jobs.request import JobBody
from finetune.api.models import model_object
from finetune.exceptions import RunRefused, without_paths
from finetune.runs.assistants import assistants_for
from finetune.runs.models import Run, RunEvent
from finetune.runs.queue.line import place_of
from finetune.runs.selectors import run_list_for
from finetune.runs.services import run_cancel, run_pause, run_resume
from finetune.teams.keys.rights import Right
from finetune.teams.models import ApiKey

from .tools import Arguments, ListArguments, Tool

MODELS = 100
METRICS = ("metrics", "evaluation")
MEASURED = (
    *("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
    *("base_validation_loss", "learning_rate", "tokens_per_second", "memory_mb"),
)
RESULT = (
    *("base_validation_loss", "validation_loss", "verdict", "best_step", "best_validation_loss"),
    *("ended_early", "seconds"),
)


class NoArguments(Arguments):
    pass


class RunArguments(Arguments):
    run: str = Field(max_length=200, description="Its id, such as `ftjob-…`.")


class ReadArguments(RunArguments):
    log: int = Field(10, ge=0, le=100, description="Messages of the end of its log.")


class SettingsArguments(Arguments):
    model: str = Field(max_length=200, description="A base, or a tuned model to go on from.")
    dataset: str = Field(max_length=200, description="Id of the data set to learn from.")
    validation_dataset: str | None = Field(
        None, max_length=200, description="Held-out data. Without it, part of the data is held out."
    )
    name: str | None = Field(None, max_length=64, description="Of the run and of its model.")
    epochs: int | None = Field(
        None, ge=1, le=1000, description="Passes over the data; not together with steps."
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="Any setting of the studio, such as `preset`, `steps`, `learning_rate`, "
        "`batch_size`, `adapter` (`lora`, `qtha`, …), `adapter_options`, `targets`, `seed`. An "
        "unknown name is refused with the known ones.",
    )

    def body(self) -> JobBody:
        """The same as a client of the API would have sent it."""
        own = {"model", "training_file", "validation_file", "suffix", "hyperparameters"}
        if taken := sorted(own & self.settings.keys()):
            words = f"settings.{taken[0]}: it has an argument of its own."
            raise ApiError(400, words, code="invalid_value", param="settings")
        fields = {
            **self.settings,
            "model": self.model,
            "training_file": self.dataset,
            "validation_file": self.validation_dataset,
            "suffix": self.name,
        }
        if self.epochs is not None:
            fields["hyperparameters"] = {"n_epochs": self.epochs}
        body: JobBody = JobBody.model_validate(fields)
        return body


# -- lists ----------------------------------------------------------------------------------------


def models_list(key: ApiKey, given: NoArguments) -> dict[str, Any]:
    found = assistants_for(key.team, limit=MODELS)
    return {
        "data": [
            {"id": model_object(one)["id"], "kind": one.kind, "title": one.title} for one in found
        ]
    }


def runs_list(key: ApiKey, given: ListArguments) -> dict[str, Any]:
    runs = run_list_for(key.team)
    page = jobs_page(runs, limit=given.limit, after=given.after or None, wanted={}, bare=False)
    return {**page, "data": [row_of(one) for one in page["data"]]}


def row_of(job: dict[str, Any]) -> dict[str, Any]:
    own = job["wukong"]
    return {
        "id": job["id"],
        "name": own["name"],
        "state": own["state"],
        "step": own["step"],
        "total_steps": own["total_steps"],
        "created_at": job["created_at"],
        "fine_tuned_model": job["fine_tuned_model"],
    }


# -- one run --------------------------------------------------------------------------------------


def run_read(key: ApiKey, given: ReadArguments) -> dict[str, Any]:
    return run_object(run_of(key, given.run, "run"), given.log)


def run_object(run: Run, messages: int = 0) -> dict[str, Any]:
    """State, what was measured last, result, and the end of the log; no settings and no replies."""
    rows = RunEvent.objects.filter(run=run).exclude(type__in=(*METRICS, "sample"))
    last = reversed(rows.order_by("-seq")[:messages]) if messages else ()
    return {
        "id": run.public_id,
        "name": run.name,
        "state": run.state,
        "request": run.request or None,
        "finished": run.is_finished,
        "step": run.step,
        "total_steps": run.total_steps,
        "seconds_left": run.seconds_left if run.state == Run.State.RUNNING else None,
        "place": place_object(place_of(run)),
        "model": run.base.slug,
        "dataset": run.dataset.public_id,
        "adapter": run.config.get("adapter"),
        "trainable_parameters": run.trainable_parameters,
        "metrics": {name: run.latest[name] for name in MEASURED if name in run.latest},
        "troubles": [one.get("words", "") for one in run.latest.get("troubles", {}).values()],
        "result": {name: run.result[name] for name in RESULT if name in run.result},
        "fine_tuned_model": run.fine_tuned_model,
        "error": error_object(run)["message"] if run.state == Run.State.FAILED else None,
        "log": [
            {
                "at": int(event.time.timestamp()),
                "level": event.level,
                "message": without_paths(event.message),
            }
            for event in last
        ],
    }


# -- what changes something -----------------------------------------------------------------------


def run_planned(key: ApiKey, given: SettingsArguments) -> dict[str, Any]:
    body = given.body()
    try:
        return plan_told(job_order(key, body))
    except RunRefused as error:
        raise job_refusal(body, error) from error


def run_start(key: ApiKey, given: SettingsArguments) -> dict[str, Any]:
    """The same asked for twice within moments is one run, as in the API."""
    body = given.body()
    mark = "mcp" + json.dumps(given.model_dump(), sort_keys=True)
    made, repeated = once(key, mark, "", lambda: job_create(key, body))
    return {**run_object(run_of(key, made)), "repeated": repeated}


def changing(change: Callable[..., Run]) -> Callable[[ApiKey, RunArguments], dict[str, Any]]:
    def answer(key: ApiKey, given: RunArguments) -> dict[str, Any]:
        change(run=run_of(key, given.run, "run"), by=key.user)
        return run_object(run_of(key, given.run, "run"))

    return answer


TOOLS = (
    Tool(
        "list_models",
        "The bases that a run can start from, and the tuned models of the team.",
        NoArguments,
        models_list,
    ),
    Tool("list_runs", "The team's fine-tuning runs, newest first.", ListArguments, runs_list),
    Tool(
        "read_run",
        "How a run stands: state, step, losses, time left, result, and the end of its log. Read it "
        "again after some time to follow it; it ends as succeeded, failed or cancelled.",
        ReadArguments,
        run_read,
    ),
    Tool(
        "plan_run",
        "What a run with these settings would take (time, memory, disk, with bands) and why it "
        "would be refused. Nothing is started.",
        SettingsArguments,
        run_planned,
    ),
    Tool(
        "start_run",
        "Queue a fine-tuning run. It takes the machine's time: plan it first.",
        SettingsArguments,
        run_start,
        needs=Right.RUNS,
    ),
    Tool(
        "cancel_run",
        "Stop a run for good within one step; its last checkpoint is kept.",
        RunArguments,
        changing(run_cancel),
        needs=Right.RUNS,
        ends=True,
    ),
    Tool(
        "pause_run",
        "Stop a queued or running run, to be resumed.",
        RunArguments,
        changing(run_pause),
        needs=Right.RUNS,
    ),
    Tool(
        "resume_run",
        "Queue a paused run again; it goes on from its checkpoint.",
        RunArguments,
        changing(run_resume),
        needs=Right.RUNS,
    ),
)
