"""The queue of jobs, and what is asked of one job there: priority, again, with another seed."""

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Body, Router, Schema
from pydantic import ConfigDict, Field

from finetune.api.errors import api_error_of
from finetune.api.files import key_of
from finetune.exceptions import RunRefused
from finetune.runs.checks import Agreement
from finetune.runs.form.repeating import run_clone, run_rerun
from finetune.runs.models import Run
from finetune.runs.queue.line import waiting_of
from finetune.runs.queue.quotas import quotas_of
from finetune.runs.queue.services import NAMES, run_prioritise
from finetune.runs.selectors import run_list_for
from finetune.runs.services import run_requeue
from finetune.training.settings import RunSettings

from .creation import OUR_NAMES, run_of
from .objects import JobObject, job_object, place_object
from .request import AskedSettings

router = Router(tags=["Fine-tuning"])


class PriorityBody(Schema):
    model_config = ConfigDict(extra="forbid")

    priority: Literal["low", "normal", "high"] = Field(
        description="How soon it starts, among the jobs of its team."
    )


class RerunBody(Schema):
    model_config = ConfigDict(extra="forbid")

    seed: int | None = Field(
        None, ge=0, le=2**32 - 1, description="The new seed. Without it: a random one."
    )


class CloneBody(AskedSettings):  # type: ignore[misc, valid-type]
    """Settings that differ from the job's; all others are taken from it."""

    model_config = ConfigDict(extra="forbid")

    preset: None = Field(None, description="A clone takes its settings from the job.")
    seed: int | None = Field(
        None, ge=0, le=2**32 - 1, description=RunSettings.model_fields["seed"].description
    )
    suffix: str | None = Field(None, max_length=64, description="Part of the model's name.")
    spending: Agreement | None = Field(
        None, description="Needed for a billable backend: the caps that you agree to."
    )


class QueueEntry(Schema):
    job: str
    name: str
    state: str
    priority: str
    place: dict[str, Any] | None


class QuotaObject(Schema):
    name: str
    used: float
    most: int | None


class QueueObject(Schema):
    object: Literal["fine_tuning.queue"] = "fine_tuning.queue"
    data: list[QueueEntry]
    quotas: list[QuotaObject]


@router.get("/queue", response=QueueObject, summary="The queue")
def queue(request: HttpRequest) -> dict[str, Any]:
    """The team's jobs at work and waiting, in the order in which they start, each with its place
    among those of all teams; and the team's quotas."""
    team = key_of(request).team
    rows: Any = waiting_of(run_list_for(team))
    return {
        "object": "fine_tuning.queue",
        "data": [
            {
                "job": run.public_id,
                "name": run.name,
                "state": run.state,
                "priority": NAMES[run.priority],
                "place": place_object(run.place),
            }
            for run in rows
        ],
        "quotas": [vars(quota) for quota in quotas_of(team)],
    }


@router.post("/jobs/{fine_tuning_job_id}/priority", response=JobObject, summary="Set a priority")
def jobs_priority(
    request: HttpRequest, fine_tuning_job_id: str, job: Body[PriorityBody]
) -> dict[str, Any]:
    """Let a job start before or after others of its team."""
    key = key_of(request)
    run = run_of(key, fine_tuning_job_id)
    run_prioritise(run=run, by=key.user, priority=job.priority)
    return job_object(run_of(key, fine_tuning_job_id))


@router.post("/jobs/{fine_tuning_job_id}/requeue", response=JobObject, summary="Queue a job again")
def jobs_requeue(request: HttpRequest, fine_tuning_job_id: str) -> dict[str, Any]:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint."""
    key = key_of(request)
    run_requeue(run=run_of(key, fine_tuning_job_id), by=key.user)
    return job_object(run_of(key, fine_tuning_job_id))


@router.post(
    "/jobs/{fine_tuning_job_id}/rerun", response=JobObject, summary="Run a job with another seed"
)
def jobs_rerun(
    request: HttpRequest, fine_tuning_job_id: str, job: Body[RerunBody]
) -> dict[str, Any]:
    """Make a new job of the same settings and data with another seed."""
    return made(
        request,
        fine_tuning_job_id,
        lambda run, key: run_rerun(run=run, by=key.user, seed=job.seed, key=key),
    )


@router.post("/jobs/{fine_tuning_job_id}/clone", response=JobObject, summary="Clone a job")
def jobs_clone(
    request: HttpRequest, fine_tuning_job_id: str, job: Body[CloneBody]
) -> dict[str, Any]:
    """Make a new job of the same base, data and settings, but for those that the body names."""
    given = job.model_dump(exclude_unset=True, exclude_none=True)
    suffix = given.pop("suffix", "")
    given.pop("spending", None)
    return made(
        request,
        fine_tuning_job_id,
        lambda run, key: run_clone(
            run=run,
            by=key.user,
            changes=given,
            suffix=suffix,
            agreement=job.spending,
            key=key,
        ),
    )


def made(request: HttpRequest, job_id: str, make: Callable[..., Run]) -> dict[str, Any]:
    key = key_of(request)
    try:
        run = make(run_of(key, job_id), key)
    except RunRefused as error:
        refusal = api_error_of(error)
        refusal.param = OUR_NAMES.get(error.field, error.field) or None
        raise refusal from error
    return job_object(run_of(key, run.public_id))
