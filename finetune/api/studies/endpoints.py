"""`/v1/wukong/studies`: make one, read it and its table, stop it, go on."""

import json
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Body, Query, Router

from finetune.api.errors import ApiError, api_error_of, not_found
from finetune.api.files import dataset_of, key_of
from finetune.api.jobs.creation import base_of, run_of
from finetune.api.jobs.repeats import once
from finetune.api.pages import DIGITS, no_such_cursor, older, page_of
from finetune.runs.queue.services import WORDS
from finetune.studies.deletion import study_delete
from finetune.studies.design.settings import StudySettings
from finetune.studies.exceptions import StudyRefused
from finetune.studies.form.matching import matched_settings, study_check
from finetune.studies.models import Study
from finetune.studies.orders import StudyOrder, study_arms
from finetune.studies.results import cells_of, study_results
from finetune.studies.selectors import study_list_for
from finetune.studies.services import study_create, study_resume, study_stop
from finetune.studies.tables import study_table
from finetune.teams.models import ApiKey
from finetune.text import json_object
from finetune.training.exceptions import BadConfig
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS

from .objects import (
    StudyBody,
    StudyDeleted,
    StudyList,
    StudyObject,
    StudyTableObject,
    study_object,
)

router = Router(tags=["Studies"])
OURS = (
    "adapter",
    "adapter_options",
    "arms",
    "rates",
    "sweep",
    "extensions",
    "seeds",
    "size",
    "task",
    "task_most",
)
OTHERS = ("validation_dataset", "test_dataset", "task_dataset")
OUR_NAMES = {
    "base": "model",
    "dataset": "training_file",
    "validation_dataset": "validation_file",
    "test_dataset": "test_file",
    "task_dataset": "task_file",
    "from": "from_job",
}


def study_of(key: ApiKey, study_id: str) -> Study:
    rows = study_list_for(key.team).select_related(*OTHERS, "team")
    study = rows.filter(public_id=study_id).first()
    if study is None:
        raise not_found("study", study_id, param="study_id")
    return study


def study_order(key: ApiKey, body: StudyBody) -> StudyOrder:
    """What a body asks for.

    Raises:
        ApiError: something that it names is not there.
        StudyRefused: the job that it names has no study.
        BadConfig: its settings cannot be used.
    """
    values: dict[str, Any]
    if body.from_job:
        source = run_of(key, body.from_job, "from_job")
        study_check(source)
        base, dataset, held_out = source.base, source.dataset, source.validation_dataset
        values = matched_settings(source.settings).model_dump()
    else:
        source, held_out = None, None
        for name in ("model", "training_file"):
            if not getattr(body, name):
                text = f"{name}: is needed, or a finished job in from_job."
                raise ApiError(400, text, code="missing", param=name)
        base = base_of(body.model or "")
        dataset = dataset_of(key, body.training_file or "", param="training_file")
        values = matched_settings(RunSettings()).model_dump()
    if body.model:
        base = base_of(body.model)
    if body.training_file:
        dataset = dataset_of(key, body.training_file, param="training_file")
    if body.validation_file:
        held_out = dataset_of(key, body.validation_file, param="validation_file")
    if body.adapter and body.adapter != values["adapter"]:
        values["adapter_options"] = {}
        if (spec := ADAPTERS.get(body.adapter)) is not None and body.settings is None:
            values["settings"]["targets"] = list(spec.default_targets)
    values |= {name: value for name in OURS if (value := getattr(body, name)) is not None}
    values["settings"] = {**values["settings"], **(body.settings or {})}
    test = dataset_of(key, body.test_file, param="test_file") if body.test_file else None
    problems = dataset_of(key, body.task_file, param="task_file") if body.task_file else None
    return StudyOrder(
        team=key.team,
        user=key.user,
        key=key,
        name=body.name,
        base=base,
        dataset=dataset,
        validation_dataset=held_out,
        test_dataset=test,
        task_dataset=problems,
        source=source,
        settings=StudySettings.from_dict(values),
        priority=WORDS[body.priority],
    )


def study_make(key: ApiKey, body: StudyBody) -> str:
    try:
        return study_create(study_order(key, body)).public_id
    except StudyRefused as error:
        refusal = api_error_of(error)
        refusal.param = OUR_NAMES.get(error.field, error.field) or None
        raise refusal from error
    except BadConfig as error:
        first = error.problems[0]
        text = f"{first.place}: {first.text}"
        raise ApiError(400, text, code="invalid", param=first.place or None) from error


@router.post("", response=StudyObject, summary="Create a study")
def studies_create(
    request: HttpRequest, response: HttpResponse, study: Annotated[StudyBody, Body()]
) -> dict[str, Any]:
    """Start a study; its runs are jobs like others, and it goes on by itself.

    The same body with the same key within a short time answers the study that it made the first
    time, with the header `x-wukong-repeated: true`.
    """
    key = key_of(request)
    body = "study" + json.dumps(json_object(request.body), sort_keys=True)
    mark = request.headers.get("Idempotency-Key", "") or "study"
    made, repeated = once(key, body, mark, lambda: study_make(key, study))
    if repeated:
        response["x-wukong-repeated"] = "true"
    return study_object(study_of(key, made))


@router.get("", response=StudyList, summary="List studies")
def studies_list(
    request: HttpRequest,
    limit: Annotated[int, DIGITS, Query(20, ge=1, le=100)],
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
) -> dict[str, Any]:
    """Newest first."""
    team = key_of(request).team
    rows = study_list_for(team).select_related(*OTHERS)
    if after:
        cursor = rows.filter(public_id=after).values_list("created_at", "pk").first()
        if cursor is None:
            raise no_such_cursor(after)
        rows = older(rows, *cursor)
    return page_of(rows[: limit + 1], limit=limit, shape=study_object)


@router.get("/{study_id}", response=StudyObject, summary="Retrieve a study")
def studies_retrieve(request: HttpRequest, study_id: str) -> dict[str, Any]:
    return study_object(study_of(key_of(request), study_id))


@router.get("/{study_id}/table", response=StudyTableObject, summary="Retrieve a study's table")
def studies_table(request: HttpRequest, study_id: str) -> dict[str, Any]:
    """The table as it stands. It is never sorted by test: see the documentation."""
    study = study_of(key_of(request), study_id)
    cells = cells_of(study)
    table = study_table(study, study_arms(study), cells, study_results(study, cells))
    return {
        "id": study.public_id,
        "object": "wukong.study.table",
        "status": study.state,
        "table": table,
    }


@router.delete("/{study_id}", response=StudyDeleted, summary="Delete a study")
def studies_delete(
    request: HttpRequest,
    study_id: str,
    runs: Annotated[
        Literal["delete", "keep"],
        Query(description="What becomes of its jobs; those used elsewhere are kept anyway."),
    ] = "delete",
) -> dict[str, Any]:
    """Delete a study with its table, scores and links. One that is at work: 409."""
    deletion = study_delete(study=study_of(key_of(request), study_id), runs=runs == "delete")
    return {
        "id": study_id,
        "deleted": True,
        "jobs_deleted": [run.public_id for run in deletion.going],
        "jobs_kept": [
            {"id": one.run.public_id, "reason": one.reason or None} for one in deletion.kept
        ],
    }


@router.post("/{study_id}/stop", response=StudyObject, summary="Stop a study")
def studies_stop(
    request: HttpRequest,
    study_id: str,
    cancel_runs: Annotated[
        bool, Query(description="Cancel runs at work too; else they end by themselves.")
    ] = False,
) -> dict[str, Any]:
    """Make no more runs and take back those that wait. One that is being scored is scored no
    further; what was scored stays. One that is done or stopped already: 409."""
    key = key_of(request)
    study = study_of(key, study_id)
    study_stop(study=study, by=key.user, cancel=cancel_runs)
    return study_object(study_of(key, study_id))


@router.post("/{study_id}/resume", response=StudyObject, summary="Resume a study")
def studies_resume(request: HttpRequest, study_id: str) -> dict[str, Any]:
    """Go on with a stopped study: its cancelled runs from their checkpoints, or, where its points
    were chosen, with the scores that are missing."""
    key = key_of(request)
    study_resume(study=study_of(key, study_id), by=key.user)
    return study_object(study_of(key, study_id))
