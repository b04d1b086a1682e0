"""`/v1/wukong/backends` and `/v1/wukong/quantum_jobs`: what runs circuits, and what was sent."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from finetune.api.errors import not_found
from finetune.api.files import key_of
from finetune.api.pages import DIGITS, ListPage, no_such_cursor, older, page_of
from finetune.exceptions import without_paths
from finetune.hardware.jobs import job_cancel
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.hardware.selectors import (
    FILTERS,
    BackendCard,
    backend_cards,
    cloud_key_list_for,
    job_counts,
    job_list_for,
)
from finetune.teams.models import ApiKey
from quantum.options import OptionField

router = Router(tags=["Quantum"])
Limit20 = Annotated[int, DIGITS, Query(20, ge=1, le=100)]
After = Annotated[str | None, Query(description="The last id of the page before.")]


class OptionObject(Schema):
    name: str
    type: str
    default: int | float | bool | str | None
    minimum: float | None
    maximum: float | None
    choices: list[str]
    description: str


class ChipObject(Schema):
    name: str
    online: bool


class CloudKeyObject(Schema):
    """A key of the team at the provider; its text is told to nobody."""

    id: str
    label: str
    chips: list[ChipObject]


class BackendObject(Schema):
    id: str
    object: Literal["wukong.backend"] = "wukong.backend"
    title: str
    description: str
    exact: Annotated[bool, Field(description="Exact values; else counts of shots.")]
    billable: bool
    ready: Annotated[bool, Field(description="Whether a job of the team can use it now.")]
    missing: Annotated[str | None, Field(description="What has to be installed first.")]
    options: Annotated[list[OptionObject], Field(description="Of `backend_options`.")]
    keys: list[CloudKeyObject]


class BackendList(Schema):
    object: Literal["list"] = "list"
    data: list[BackendObject]


class QuantumJobObject(Schema):
    id: str
    object: Literal["wukong.quantum_job"] = "wukong.quantum_job"
    created_at: int
    updated_at: int
    status: str
    needs_decision: Annotated[
        bool, Field(description="Nobody knows whether it was sent: a person says so on its page.")
    ]
    backend: str
    chip: str | None
    fine_tuning_job_id: str | None
    evaluation_id: str | None
    key: Annotated[str | None, Field(description="The quantum key that pays.")]
    task_id: Annotated[str | None, Field(description="Of the provider.")]
    circuits: int
    shots: Annotated[int, Field(description="Of all circuits together.")]
    seconds_estimated: Annotated[list[float], Field(description="Shortest and longest guess.")]
    seconds_used: float | None
    message: str | None


class QuantumJobList(ListPage):
    data: list[QuantumJobObject]


class Outcomes(Schema):
    circuit: int
    outcomes: Annotated[int, Field(description="How many different ones were seen.")]
    most: Annotated[dict[str, int], Field(description="The four that were seen most often.")]


class QuantumJobDetail(QuantumJobObject):
    counts: Annotated[list[Outcomes], Field(description="Of the first eight circuits.")]


def backend_object(card: BackendCard, keys: list[QuantumKey]) -> dict[str, Any]:
    spec = card.spec
    return {
        "id": spec.name,
        "object": "wukong.backend",
        "title": spec.title,
        "description": spec.help,
        "exact": spec.exact,
        "billable": spec.billable,
        "ready": card.ready,
        "missing": card.missing or None,
        "options": [option_object(one) for one in spec.fields],
        "keys": [key_object(key) for key in keys] if spec.billable else [],
    }


def option_object(field: OptionField) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.kind,
        "default": field.default,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "choices": [value for value, _ in field.choices],
        "description": field.help,
    }


def key_object(key: QuantumKey) -> dict[str, Any]:
    chips = [{"name": one["name"], "online": bool(one.get("online"))} for one in key.chips]
    return {"id": key.public_id, "label": key.label, "chips": chips}


@router.get("/backends", response=BackendList, summary="List backends")
def backends(request: HttpRequest) -> dict[str, Any]:
    """What can run a job's circuits: simulators of this site, and hardware with the team's keys."""
    keys = list(cloud_key_list_for(key_of(request).team))
    return {"object": "list", "data": [backend_object(one, keys) for one in backend_cards(keys)]}


def quantum_job_object(job: QuantumJob) -> dict[str, Any]:
    return {
        "id": job.public_id,
        "object": "wukong.quantum_job",
        "created_at": int(job.created_at.timestamp()),
        "updated_at": int(job.updated_at.timestamp()),
        "status": job.state,
        "needs_decision": job.needs_decision,
        "backend": job.backend,
        "chip": job.chip or None,
        "fine_tuning_job_id": job.run.public_id if job.run else None,
        "evaluation_id": job.evaluation.public_id if job.evaluation else None,
        "key": job.key.public_id if job.key else None,
        "task_id": job.task_id or None,
        "circuits": job.circuits,
        "shots": job.total_shots,
        "seconds_estimated": [job.seconds_low, job.seconds_high],
        "seconds_used": job.seconds_used,
        "message": without_paths(job.message) or None,
    }


def quantum_job_of(key: ApiKey, job_id: str) -> QuantumJob:
    found: QuantumJob | None = job_list_for(key.team).filter(public_id=job_id).first()
    if found is None:
        raise not_found("quantum job", job_id, param="quantum_job_id")
    return found


def detail(key: ApiKey, job_id: str) -> dict[str, Any]:
    job = quantum_job_of(key, job_id)
    counts = [
        {"circuit": one["number"], "outcomes": one["outcomes"], "most": dict(one["most"])}
        for one in job_counts(job)
    ]
    return quantum_job_object(job) | {"counts": counts}


@router.get("/quantum_jobs", response=QuantumJobList, summary="List quantum jobs")
def quantum_jobs_list(
    request: HttpRequest,
    limit: Limit20,
    after: After = None,
    status: Annotated[
        Literal["open", "decision", "done", "ended"] | None, Query(description="Only such ones.")
    ] = None,
) -> dict[str, Any]:
    """Batches of circuits that the team's jobs, evaluations and experiments have planned or sent,
    newest first."""
    key = key_of(request)
    rows = job_list_for(key.team).order_by("-created_at", "-pk")
    if status is not None:
        rows = rows.filter(state__in=FILTERS[status][1])
    if after:
        before = job_list_for(key.team).filter(public_id=after).first()
        if before is None:
            raise no_such_cursor(after)
        rows = older(rows, before.created_at, before.pk)
    return page_of(rows[: limit + 1], limit=limit, shape=quantum_job_object)


@router.get(
    "/quantum_jobs/{quantum_job_id}", response=QuantumJobDetail, summary="Retrieve a quantum job"
)
def quantum_jobs_retrieve(request: HttpRequest, quantum_job_id: str) -> dict[str, Any]:
    """A job, and once it is `done` what was seen most often."""
    return detail(key_of(request), quantum_job_id)


@router.post(
    "/quantum_jobs/{quantum_job_id}/cancel",
    response=QuantumJobDetail,
    summary="Cancel a quantum job",
)
def quantum_jobs_cancel(request: HttpRequest, quantum_job_id: str) -> dict[str, Any]:
    """At once where it was not sent; else the provider is asked. One that has ended: 409."""
    key = key_of(request)
    job_cancel(job=quantum_job_of(key, quantum_job_id), by=key.user)
    return detail(key, quantum_job_id)
