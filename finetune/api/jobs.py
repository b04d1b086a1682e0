"""`/v1/fine_tuning/jobs`: runs, their events and their checkpoints."""

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable
from typing import Annotated, Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Router
from redis.exceptions import RedisError

from finetune.exceptions import RunRefused
from finetune.models import ApiKey, BaseModel, Run, RunEvent
from finetune.selectors.bases import bases_ready
from finetune.selectors.runs import run_list_for
from finetune.services.runs import run_cancel, run_create, run_pause, run_resume
from finetune.services.spending import Agreement
from finetune.training.args import defaults
from finetune.training.presets import PRESETS
from quantum.adapters.registry import ADAPTERS

from .errors import ApiError, api_error_of, not_found
from .files import dataset_of, key_of
from .job_lists import checkpoints_page, jobs_page
from .job_objects import (
    CheckpointList,
    EventList,
    JobList,
    JobObject,
    event_id,
    event_object,
    job_object,
)
from .job_request import JobBody
from .pages import listing

router = Router(tags=["Fine-tuning"])
log = logging.getLogger("wukongsite.api")

DEFAULT_PRESET = "quick"
OUR_NAMES = {
    "base": "model",
    "dataset": "training_file",
    "validation_dataset": "validation_file",
    "epochs": "n_epochs",
    "continues": "continue_from",
    "quantum_key": "spending",
}
PENDING = "pending"
WAIT_SECONDS = 10.0
METADATA_QUERY = re.compile(r"^metadata\[(.{1,64})\]$", re.DOTALL)
Limit = Annotated[int, Query(ge=1, le=100)]
After = Annotated[str | None, Query(description="The last id of the page before.")]


def run_of(key: ApiKey, job_id: str, param: str = "fine_tuning_job_id") -> Run:
    runs = run_list_for(key.team).select_related("base", "team", "dataset", "validation_dataset")
    run = runs.filter(public_id=job_id).first()
    if run is None:
        raise not_found("fine-tuning job", job_id, param=param)
    return run


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
    mark = request.headers.get("Idempotency-Key", "") + json.dumps(
        json.loads(request.body), sort_keys=True
    )
    run, repeated = once(key, mark, lambda: job_create(key, job))
    if repeated:
        response["x-wukong-repeated"] = "true"
    return job_object(run_of(key, run))


def job_create(key: ApiKey, job: JobBody) -> str:
    base = base_of(job.model)
    dataset = dataset_of(key, job.training_file, param="training_file")
    held_out = (
        dataset_of(key, job.validation_file, param="validation_file")
        if job.validation_file
        else None
    )
    earlier = run_of(key, job.continue_from, "continue_from") if job.continue_from else None
    try:
        run = run_create(
            team=key.team,
            user=key.user,
            base=base,
            dataset=dataset,
            validation_dataset=held_out,
            name=job.suffix or "",
            config=job_config(job),
            metadata=job.metadata,
            request_body=job.model_dump(exclude_unset=True) | {"hyperparameters": asked(job)},
            continues=earlier,
            agreement=Agreement(**job.spending.model_dump()) if job.spending else None,
        )
    except RunRefused as error:
        refusal = api_error_of(error)
        refusal.param = OUR_NAMES.get(error.field, error.field) or None
        raise refusal from error
    return run.public_id


def asked(job: JobBody) -> dict[str, Any]:
    return job.tuned().model_dump(exclude_none=True)


def job_config(job: JobBody) -> dict[str, Any]:
    """The run's settings: the preset's, then ours, then OpenAI's hyperparameters."""
    chosen = job.settings()
    name = chosen.pop("preset", DEFAULT_PRESET)
    if name not in PRESETS:
        raise ApiError(
            400,
            f"preset: {name[:60]!r} is not known; known: {', '.join(PRESETS)}.",
            code="invalid_value",
            param="preset",
        )
    preset = PRESETS[name]
    config = dict(preset.values)
    adapter = chosen.get("adapter", config["adapter"])
    if adapter != config["adapter"]:
        # The preset's options and learning rate belong to its own adapter.
        config["adapter_options"] = {}
        if adapter in ADAPTERS:
            config["learning_rate"] = ADAPTERS[adapter].default_learning_rate
    if preset.epochs:
        config["epochs"] = preset.epochs
    config |= chosen
    tuned = job.tuned()
    if "steps" in chosen:
        config.pop("epochs", None)
        if tuned.n_epochs is not None:
            raise ApiError(
                400,
                "n_epochs: steps already decides how long the run is. Give one of the two.",
                code="invalid_value",
                param="n_epochs",
            )
    if tuned.learning_rate_multiplier is not None:
        rate = config.get("learning_rate", defaults()["learning_rate"])
        config["learning_rate"] = rate * tuned.learning_rate_multiplier
    if tuned.batch_size is not None:
        config |= {"batch_size": tuned.batch_size, "gradient_accumulation": 1}
    if tuned.n_epochs is not None:
        config["epochs"] = tuned.n_epochs
    if job.seed is not None:
        config["seed"] = job.seed
    return config | {"preset": name, "suffix": job.suffix or ""}


def base_of(model: str) -> BaseModel:
    found = bases_ready().filter(slug=model).first()
    if found is None:
        known = ", ".join(bases_ready().values_list("slug", flat=True)) or "none is ready yet"
        raise ApiError(
            400,
            f"model: {model[:100]!r} is not a base model of this studio; known: {known}.",
            code="model_not_available",
            param="model",
        )
    return found


def once(key: ApiKey, mark: str, make: Callable[[], str]) -> tuple[str, bool]:
    """Run `make`, unless the same key asked the same a moment ago: then what it made.

    The official client repeats a POST whose answer was lost and sends no idempotency key.
    """
    name = f"api-job:{key.pk}:{hashlib.sha256(mark.encode()).hexdigest()}"
    window = settings.API_REPEAT_SECONDS
    if window < 1:
        return make(), False
    try:
        first = cache.add(name, PENDING, timeout=window)
        if not first and (made := made_before(name)):
            return made, True
    except RedisError as error:
        log.warning("repeated jobs are not noticed: %s", error)
        return make(), False
    try:
        made = make()
    except BaseException:
        remember(name, None, window)
        raise
    remember(name, made, window)
    return made, False


def remember(name: str, made: str | None, window: int) -> None:
    """Keep what a request made, or forget the request; a job that exists is not lost over it."""
    try:
        if made is None:
            cache.delete(name)
        else:
            cache.set(name, made, timeout=window)
    except RedisError as error:
        log.warning("a repeated job would not be noticed: %s", error)


def made_before(name: str) -> str | None:
    """The job that an earlier, equal request made; waits for one that is still at it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        value = cache.get(name)
        if value != PENDING:
            return value if value and Run.objects.filter(public_id=value).exists() else None
        time.sleep(0.05)
    raise ApiError(
        409,
        "The same request is still being worked on. Try again in a moment.",
        code="in_progress",
        headers={"x-should-retry": "true", "Retry-After": "2"},
    )


@router.get("", response=JobList, summary="List jobs")
def jobs_list(request: HttpRequest, limit: Limit = 20, after: After = None) -> dict[str, Any]:
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
    request: HttpRequest, fine_tuning_job_id: str, limit: Limit = 20, after: After = None
) -> dict[str, Any]:
    """The job's log, newest first: messages, and metrics of every step."""
    run = run_of(key_of(request), fine_tuning_job_id)
    rows = RunEvent.objects.filter(run=run).order_by("-seq")
    if after:
        seq = after.rsplit("-", 1)[-1]
        if not (seq.isascii() and seq.isdigit()) or after != event_id(run, int(seq)):
            raise ApiError(
                400,
                f"after: {after[:100]!r} is not an event of this job.",
                code="invalid_value",
                param="after",
            )
        rows = rows.filter(seq__lt=min(int(seq), 2**31))
    taken = list(rows[: limit + 1])
    return listing(
        [event_object(run, event) for event in taken[:limit]], has_more=len(taken) > limit
    )


@router.get(
    "/{fine_tuning_job_id}/checkpoints", response=CheckpointList, summary="List a job's checkpoints"
)
def jobs_checkpoints(
    request: HttpRequest, fine_tuning_job_id: str, limit: Limit = 10, after: After = None
) -> dict[str, Any]:
    """Newest first, each with what was measured at its step."""
    run = run_of(key_of(request), fine_tuning_job_id)
    return checkpoints_page(run, limit=limit, after=after)
