"""`/v1/models`: the assistants that a team can talk to."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from finetune.models import ApiKey
from finetune.selectors.assistants import Assistant, assistant_get, assistants_for
from finetune.selectors.checkpoints import Checkpoint, checkpoint_get, checkpoints_kept
from finetune.services.assistants import checkpoint_publish, run_unpublish

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
    """A base, a tuned model or one of its checkpoints, ready for the engine.

    Raises:
        ApiError: 404, with other words where a checkpoint has been and its files are gone.
    """
    found = assistant_get(key.team, model)
    if found is not None:
        return found
    checkpoint = checkpoint_get(key.team, model)
    if checkpoint is None:
        raise not_found("model", model, param="model")
    if not checkpoint_publish(checkpoint):
        raise pruned(checkpoint)
    return checkpoint.assistant


def pruned(checkpoint: Checkpoint) -> ApiError:
    kept = [one.name for one in checkpoints_kept(checkpoint.run)]
    return ApiError(
        404,
        f"The checkpoint after step {checkpoint.step} is gone: a job keeps the files of its last "
        f"two. There is {' and '.join(kept) or 'none of this job any more'}.",
        code="checkpoint_pruned",
        param="model",
    )


@router.get("", response=ModelList, summary="List models")
def models_list(request: HttpRequest) -> dict[str, Any]:
    """Tuned models of the key's team, newest first, each with the checkpoints whose files are
    kept; then the base models."""
    found: list[Assistant] = []
    for one in assistants_for(key_of(request).team):
        found.append(one)
        if one.run is not None:
            found += [kept.assistant for kept in checkpoints_kept(one.run)]
    return {"object": "list", "data": [model_object(one) for one in found]}


@router.get("/{path:model}", response=ModelObject, summary="Retrieve a model")
def models_retrieve(request: HttpRequest, model: str) -> dict[str, Any]:
    return model_object(assistant_of(key_of(request), model))


@router.delete("/{path:model}", response=ModelDeleted, summary="Delete a tuned model")
def models_delete(request: HttpRequest, model: str) -> dict[str, Any]:
    """Take a tuned model and its checkpoints out of chat and API. Its job, curves and files
    stay."""
    found = assistant_of(key_of(request), model)
    if found.run is None or found.id != found.run.fine_tuned_model:
        reason = "a base model that all teams share" if found.run is None else "a checkpoint"
        raise ApiError(
            403,
            f"{found.id} is {reason}; only tuned models can be deleted.",
            code="not_deletable",
            param="model",
        )
    run_unpublish(found.run)
    return {"id": found.id, "object": "model", "deleted": True}
