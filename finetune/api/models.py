"""`/v1/models`: the assistants that a team can talk to."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from finetune.models import ApiKey
from finetune.selectors.assistants import Assistant, assistant_get, assistants_for
from finetune.services.assistants import run_unpublish

from .errors import ApiError, not_found
from .files import key_of

router = Router(tags=["Models"])


class ModelObject(Schema):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(Schema):
    object: Literal["list"] = "list"
    data: list[ModelObject]


class ModelDeleted(Schema):
    id: str
    object: Literal["model"] = "model"
    deleted: bool


def model_object(assistant: Assistant) -> dict[str, Any]:
    run = assistant.run
    created = (run.finished_at or run.created_at) if run else assistant.base.created_at
    return {
        "id": assistant.id,
        "object": "model",
        "created": int(created.timestamp()),
        "owned_by": run.team.slug if run else "wukong-studio",
    }


def assistant_of(key: ApiKey, model: str) -> Assistant:
    found = assistant_get(key.team, model)
    if found is None:
        raise not_found("model", model, param="model")
    return found


@router.get("", response=ModelList, summary="List models")
def models_list(request: HttpRequest) -> dict[str, Any]:
    """Tuned models of the key's team, newest first, then the base models."""
    found = assistants_for(key_of(request).team)
    return {"object": "list", "data": [model_object(one) for one in found]}


@router.get("/{path:model}", response=ModelObject, summary="Retrieve a model")
def models_retrieve(request: HttpRequest, model: str) -> dict[str, Any]:
    return model_object(assistant_of(key_of(request), model))


@router.delete("/{path:model}", response=ModelDeleted, summary="Delete a tuned model")
def models_delete(request: HttpRequest, model: str) -> dict[str, Any]:
    """Take a tuned model out of chat and API. Its job, curves and files stay."""
    found = assistant_of(key_of(request), model)
    if found.run is None:
        raise ApiError(
            403,
            f"{found.id} is a base model that all teams share; only tuned models can be deleted.",
            code="not_deletable",
            param="model",
        )
    run_unpublish(found.run)
    return {"id": found.id, "object": "model", "deleted": True}
