"""`/v1/models`: the assistants that a team can talk to."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema

from finetune.bases.hosted import local_name
from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.runs.assistants import (
    Assistant,
    assistant_get,
    assistant_of_base,
    assistant_of_checkpoint,
    assistants_of,
    personas,
    tuned_runs,
)
from finetune.runs.checkpoints import Checkpoint, checkpoint_get, checkpoints_kept
from finetune.runs.publishing import run_unpublish
from finetune.teams.models import ApiKey, Team

from .errors import ApiError, not_found
from .files import key_of
from .pages import ListPage, listing, no_such_cursor, older, page_of

router = Router(tags=["Models"])

LISTED = 500


class ModelObject(Schema):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(ListPage):
    data: list[ModelObject]


class ModelDeleted(Schema):
    id: str
    object: Literal["model"] = "model"
    deleted: bool


def model_object(assistant: Assistant) -> dict[str, Any]:
    run, manner = assistant.run, assistant.manner
    if manner is not None:
        return {
            "id": manner.model,
            "object": "model",
            "created": int(manner.created_at.timestamp()),
            "owned_by": manner.owned_by,
        }
    created = (run.finished_at or run.created_at) if run else assistant.base.created_at
    return {
        "id": assistant.id,
        "object": "model",
        "created": int(created.timestamp()),
        "owned_by": run.team.slug if run else "wukong-studio",
    }


def assistant_of(key: ApiKey, model: str) -> Assistant:
    """A base, a tuned model or one of its checkpoints, ready for the engine.

    A name of the operator's table (`finetune.bases.hosted`) is what stands for it here.

    Raises:
        ApiError: 404, with other words where a checkpoint has been and its files are gone.
    """
    found = assistant_get(key.team, model) or assistant_get(key.team, local_name(model))
    if found is not None:
        return found
    checkpoint = checkpoint_get(key.team, model)
    raise not_found("model", model, param="model") if checkpoint is None else pruned(checkpoint)


def pruned(checkpoint: Checkpoint) -> ApiError:
    kept = [one.name for one in checkpoints_kept(checkpoint.run)]
    return ApiError(
        404,
        f"The checkpoint after step {checkpoint.step} is gone: a job keeps the files of its "
        f"last ones and of the best. There is {' and '.join(kept) or 'none of this job any more'}.",
        code="checkpoint_pruned",
        param="model",
    )


@router.get("", response=ModelList, summary="List models")
def models_list(
    request: HttpRequest,
    limit: Annotated[int | None, Query(ge=1, le=LISTED, description="At most so many.")] = None,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
    studies: Annotated[
        bool, Query(description="The models of all runs of studies too; each can be named anyway.")
    ] = False,
) -> dict[str, Any]:
    """Tuned models of the key's team, newest first, each with the checkpoints whose files are
    kept; then the team's personas and the base models. Of the runs of studies those that somebody
    has put among the assistants.

    Without `limit`: the newest 500 of the tuned ones, every persona and every base. `has_more`
    says whether there are others; go on with `after`.
    """
    team = key_of(request).team
    if limit is None and after is None:
        tuned = list(
            islice(with_checkpoints(assistants_of(tuned_runs(team, studies=studies))), LISTED + 1)
        )
        rest = [*personas().personas_for(team, [], None), *map(assistant_of_base, bases_ready())]
        page = listing(
            [model_object(one) for one in (*tuned[:LISTED], *rest)], has_more=len(tuned) > LISTED
        )
        if page["has_more"]:
            page["last_id"] = tuned[LISTED - 1].id  # what the rest follows; the others are all here
        return page
    limit = limit or LISTED
    return page_of(
        islice(models_after(team, after, studies), limit + 1), limit=limit, shape=model_object
    )


def with_checkpoints(tuned: Iterable[Assistant]) -> Iterator[Assistant]:
    for one in tuned:
        yield one
        if one.run is not None:
            yield from (assistant_of_checkpoint(kept) for kept in checkpoints_kept(one.run))


def models_after(team: Team, after: str | None, studies: bool) -> Iterator[Assistant]:
    """The list from its beginning, or behind one model of it."""
    runs, bases = tuned_runs(team, studies=studies), bases_ready()
    manners = personas().personas_for(team, [], None)
    if after:
        checkpoint = checkpoint_get(team, after)
        start = assistant_get(team, after) if checkpoint is None else None
        run = checkpoint.run if checkpoint else start.run if start else None
        if run is not None:
            runs = older(runs, run.created_at, run.pk)
            kept = checkpoints_kept(run)
            below = checkpoint.step if checkpoint else None
            older_ones = (one for one in kept if below is None or one.step < below)
            yield from map(assistant_of_checkpoint, older_ones)
        elif start is None:
            raise no_such_cursor(after)
        else:
            runs, manners, bases = runs.none(), *behind(start, manners, bases)
    yield from with_checkpoints(assistants_of(runs))
    yield from manners
    yield from map(assistant_of_base, bases)


def behind(
    start: Assistant, manners: list[Assistant], bases: QuerySet[BaseModel]
) -> tuple[list[Assistant], QuerySet[BaseModel]]:
    """The personas and bases that follow one of them."""
    if start.manner is not None:
        listed = [one.manner.model for one in manners if one.manner]
        if start.manner.model not in listed:
            raise no_such_cursor(start.manner.model)
        return manners[listed.index(start.manner.model) + 1 :], bases
    known = [base.pk for base in bases]
    return [], bases.filter(pk__in=known[known.index(start.base.pk) + 1 :])


@router.get("/{path:model}", response=ModelObject, summary="Retrieve a model")
def models_retrieve(request: HttpRequest, model: str) -> dict[str, Any]:
    """A model under the name that was asked for: of a persona with a version or without one."""
    found = assistant_of(key_of(request), model)
    return model_object(found) | ({"id": model} if found.manner is not None else {})


@router.delete("/{path:model}", response=ModelDeleted, summary="Delete a tuned model")
def models_delete(request: HttpRequest, model: str) -> dict[str, Any]:
    """Take a tuned model and its checkpoints out of chat and API. Its job, curves and files
    stay."""
    found = assistant_of(key_of(request), model)
    if found.run is None or found.id != found.run.fine_tuned_model:
        reason = "a base model that all teams share" if found.run is None else "a checkpoint"
        if found.manner is not None:
            reason = "a persona, which an owner of the team retires on its page"
        raise ApiError(
            403,
            f"{found.id} is {reason}; only tuned models can be deleted.",
            code="not_deletable",
            param="model",
        )
    run_unpublish(found.run)
    return {"id": found.id, "object": "model", "deleted": True}
