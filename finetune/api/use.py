"""`/v1/fine_tuning/use`: what the team's jobs have taken."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from finetune.runs.use.selectors import SUMS, total, totals_by, use_list_for
from finetune.runs.use.selectors import summed as summed_rows
from finetune.teams.models import ApiKey

from .files import key_of

router = Router(tags=["Fine-tuning"])
By = Literal["job", "key", "person", "team"]


class UseEntry(Schema):
    name: str
    job: str | None
    jobs: int
    steps: int
    seconds: float
    processor_seconds: float
    peak_memory_bytes: int
    energy_joules: float
    energy_estimated: bool
    circuits: int
    shots: int
    provider_seconds: float


class UseObject(Schema):
    object: Literal["fine_tuning.use"] = "fine_tuning.use"
    by: By
    days: int
    data: list[UseEntry]
    total: UseEntry


def use_entry(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "job": one.public_id or None,
        "jobs": one.runs,
        "peak_memory_bytes": one.peak_bytes,
        "energy_joules": one.joules,
        "energy_estimated": one.estimated,
        **{name: getattr(one, name) for name in SUMS if name != "joules"},
    }


@router.get("/use", response=UseObject, summary="What jobs have taken")
def use(
    request: HttpRequest,
    by: By = "job",
    days: Annotated[int, Query(30, ge=1, le=3660)] = 30,
) -> dict[str, Any]:
    """Processor time, memory, energy, circuits, shots and time of quantum processors, of the jobs
    made in the last `days`: one by one, or summed by API key, by person, or by the teams of the
    person whose key asks. Jobs that were deleted are counted too."""
    return use_object(key_of(request), by, days)


def use_object(key: ApiKey, by: By, days: int) -> dict[str, Any]:
    rows = totals_by("run" if by == "job" else by, key.team, key.user, days)
    whole = total("", summed_rows(use_list_for(key.team, days)))
    return {
        "object": "fine_tuning.use",
        "by": by,
        "days": days,
        "data": [use_entry(one) for one in rows],
        "total": use_entry(whole),
    }
