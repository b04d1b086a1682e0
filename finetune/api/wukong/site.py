"""`/v1/wukong/usage` and `/v1/wukong/tasks`: what was taken here, and what is offered."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from finetune.api.files import key_of
from finetune.api.use import By, UseObject, use_object
from finetune.evaluation.harness.presence import harness_missing
from finetune.evaluation.tasks import tasks_offered

router = Router(tags=["Studio"])


class TaskObject(Schema):
    id: str
    object: Literal["wukong.task"] = "wukong.task"


class TaskList(Schema):
    object: Literal["list"] = "list"
    data: list[TaskObject]
    installed: bool


@router.get("/usage", response=UseObject, summary="What jobs have taken")
def usage(
    request: HttpRequest,
    by: By = "job",
    days: Annotated[int, Query(30, ge=1, le=3660)] = 30,
) -> dict[str, Any]:
    """The same as `GET /v1/fine_tuning/use`."""
    return use_object(key_of(request), by, days)


@router.get("/tasks", response=TaskList, summary="List tasks for evaluations")
def tasks(request: HttpRequest) -> dict[str, Any]:
    """The tasks of lm-evaluation-harness that the operator offers, for the `task` of evaluations
    of kind `harness`. `installed` says whether the harness is on this machine."""
    return {
        "object": "list",
        "data": [{"id": name, "object": "wukong.task"} for name in tasks_offered()],
        "installed": not harness_missing(),
    }
