"""`/v1/fine_tuning/jobs`: runs, their events and their checkpoints."""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Router

from finetune.api.files import key_of
from finetune.api.pages import DIGITS, listing
from finetune.runs.models import Run, RunEvent
from finetune.runs.selectors import run_list_for
from finetune.runs.services import run_cancel, run_pause, run_resume
from finetune.text import json_object

from .creation import job_create, run_of
from .lists import checkpoints_page, jobs_page
from .objects import (
    CheckpointList,
    EventList,
    JobList,
    JobObject,
    event_object,
    event_seq,
    job_object,
)
from .repeats import once
from .request import JobBody

router = Router(tags=["Fine-tuning"])

METADATA_QUERY = re.compile(r"^metadata\[(.{1,64})\]$", re.DOTALL)
# The default stands in `Query`: Ninja loses that of a parameter with a validator.
Limit20 = Annotated[int, DIGITS, Query(20, ge=1, le=100)]
Limit10 = Annotated[int, DIGITS, Query(10, ge=1, le=100)]
After = Annotated[str | None, Query(description="The last id of the page before.")]


@router.post("", response=JobObject, summary="Create a job")
def jobs_create(
    request: HttpRequest, response: HttpResponse, job: Annotated[JobBody, Body()]
) -> dict[str, Any]:
    """Queue a fine-tuning run.

    Every setting of the studio may stand beside OpenAI's fields (`extra_body` in the client).
    The same body with the same key within a short time answers the job that it made the first
    time, with the header `x-wukong-repeated: true`.
    """
    key = key_of(request)
    body = json.dumps(json_object(request.body), sort_keys=True)
    mark = request.headers.get("Idempotency-Key", "")
    run, repeated = once(key, body, mark, lambda: job_create(key, job))
    if repeated:
        response["x-wukong-repeated"] = "true"
    return job_object(run_of(key, run))


@router.get("", response=JobList, summary="List jobs")
def jobs_list(request: HttpRequest, limit: Limit20, after: After = None) -> dict[str, Any]:
    """Newest first. `metadata[name]=value` keeps jobs with that pair, `metadata=null` bare ones."""
    wanted = {
        found[1]: text
        for name, text in request.GET.items()
        if (found := METADATA_QUERY.match(name))
    }
    bare = request.GET.get("metadata") == "null"
    runs = run_list_for(key_of(request).team)
    return jobs_page(runs, limit=limit, after=after, wanted=wanted, bare=bare)


@router.get("/{fine_tuning_job_id}", response=JobObject, summary="Retrieve a job")
def jobs_retrieve(request: HttpRequest, fine_tuning_job_id: str) -> dict[str, Any]:
    return job_object(run_of(key_of(request), fine_tuning_job_id))


@router.post("/{fine_tuning_job_id}/cancel", response=JobObject, summary="Cancel a job")
def jobs_cancel(request: HttpRequest, fine_tuning_job_id: str) -> dict[str, Any]:
    """Stop a job within one step; its last checkpoint is kept. One that has ended: 409."""
    return changed(request, fine_tuning_job_id, run_cancel)


@router.post("/{fine_tuning_job_id}/pause", response=JobObject, summary="Pause a job")
def jobs_pause(request: HttpRequest, fine_tuning_job_id: str) -> dict[str, Any]:
    """Stop a job after its current step, with a checkpoint to go on from."""
    return changed(request, fine_tuning_job_id, run_pause)


@router.post("/{fine_tuning_job_id}/resume", response=JobObject, summary="Resume a job")
def jobs_resume(request: HttpRequest, fine_tuning_job_id: str) -> dict[str, Any]:
    """Queue a paused job again; it goes on from its checkpoint."""
    return changed(request, fine_tuning_job_id, run_resume)


def changed(request: HttpRequest, job_id: str, change: Callable[..., Run]) -> dict[str, Any]:
    key = key_of(request)
    run = run_of(key, job_id)
    change(run=run, by=key.user)
    return job_object(run_of(key, job_id))


@router.get("/{fine_tuning_job_id}/events", response=EventList, summary="List a job's events")
def jobs_events(
    request: HttpRequest, fine_tuning_job_id: str, limit: Limit20, after: After = None
) -> dict[str, Any]:
    """The job's log, newest first: messages, and metrics of every step."""
    run = run_of(key_of(request), fine_tuning_job_id)
    rows = RunEvent.objects.filter(run=run).order_by("-seq")
    if after:
        rows = rows.filter(seq__lt=event_seq(run, after))
    taken = list(rows[: limit + 1])
    return listing(
        [event_object(run, event) for event in taken[:limit]], has_more=len(taken) > limit
    )


@router.get(
    "/{fine_tuning_job_id}/checkpoints", response=CheckpointList, summary="List a job's checkpoints"
)
def jobs_checkpoints(
    request: HttpRequest, fine_tuning_job_id: str, limit: Limit10, after: After = None
) -> dict[str, Any]:
    """Newest first, each with what was measured at its step."""
    run = run_of(key_of(request), fine_tuning_job_id)
    return checkpoints_page(run, limit=limit, after=after)
