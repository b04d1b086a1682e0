"""`/v1/wukong/evaluations`: what a job, a checkpoint or a base is worth on held-out dialogues."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Field, Query, Router, Schema

from finetune.bases.files.wheels import file_sha256
from finetune.bases.hosted import base_named
from finetune.datasets.models import Dataset
from finetune.downloads import file_answer
from finetune.evaluation.given import given_read
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import Kind, Terms
from finetune.evaluation.selectors import evaluation_list_for
from finetune.evaluation.services import evaluation_cancel, evaluation_create
from finetune.evaluation.votes.results import totals_of
from finetune.exceptions import without_paths
from finetune.text import json_object

from .errors import ApiError, not_found, without_paths_in
from .evaluation_bodies import EvaluationBody
from .files import key_of
from .jobs.creation import run_of
from .jobs.repeats import once
from .pages import DIGITS, ListPage, no_such_cursor, older, page_of
from .times import moment

router = Router(tags=["Evaluations"])
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
# The default stands in `Query`: Ninja loses that of a parameter with a validator.
Limit20 = Annotated[int, DIGITS, Query(20, ge=1, le=100)]
After = Annotated[str | None, Query(description="The last id of the page before.")]
STATUS: dict[str, Status] = {
    "waiting": "queued",
    "working": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


class VotesObject(Schema):
    """What blind votes on a job's replies and its base's come to, of people who have finished."""

    base_evaluation: Annotated[str, Field(description="The base's replies.")]
    people: int
    votes: int
    wins: Annotated[int, Field(description="Votes for the job.")]
    losses: Annotated[int, Field(description="Votes for the base.")]
    both_good: int
    both_bad: int
    pairs_won: Annotated[int, Field(description="Pairs that more people gave to the job.")]
    pairs_lost: int
    pairs_tied: int
    share: Annotated[
        float | None, Field(description="pairs_won of pairs that are not tied; null without one.")
    ]
    low: Annotated[float | None, Field(description="Wilson's 95 % interval of share begins here.")]
    high: float | None


class EvaluationObject(Schema):
    id: str
    object: Literal["wukong.evaluation"] = "wukong.evaluation"
    kind: Kind
    fine_tuning_job_id: str | None
    base: str
    checkpoint: str
    file: str | None
    part: Literal["held_out", "all"]
    terms: dict[str, Any]
    spending: Annotated[
        dict[str, Any] | None, Field(description="What was agreed to, with a rung on a chip.")
    ]
    created_at: int
    finished_at: int | None
    status: Status
    progress: Annotated[float, Field(description="Share of the work that is done, 0 to 1.")]
    error: str | None
    result: Annotated[
        dict[str, Any] | None,
        Field(description="What came out; the single dialogues are in `content`."),
    ]
    votes: Annotated[
        VotesObject | None,
        Field(description="With replies: blind votes of the team; null before anybody finished."),
    ]


class EvaluationList(ListPage):
    data: list[EvaluationObject]


def evaluation_object(one: Evaluation) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "object": "wukong.evaluation",
        "kind": one.kind,
        "fine_tuning_job_id": one.run.public_id if one.run else None,
        "base": one.base.slug,
        "checkpoint": one.checkpoint,
        "file": one.dataset.public_id if one.dataset else None,
        "part": one.part,
        "terms": one.terms,
        "spending": one.spending or None,
        "created_at": int(one.created_at.timestamp()),
        "finished_at": moment(one.finished_at),
        "status": STATUS[one.state],
        "progress": one.share,
        "error": without_paths(one.message) or None,
        "result": without_paths_in(one.result) or None,
        "votes": votes_object(one),
    }


def votes_object(one: Evaluation) -> dict[str, Any] | None:
    ballots = [ballot for ballot in one.ballots.all() if ballot.finished_at is not None]
    totals = totals_of(ballots)
    if not totals.people:
        return None
    return {"base_evaluation": ballots[-1].other.public_id, **asdict(totals)}


def evaluation_of(request: HttpRequest, evaluation_id: str) -> Evaluation:
    rows = evaluation_list_for(key_of(request).team).prefetch_related("ballots__other")
    found = rows.filter(public_id=evaluation_id).first()
    if found is None:
        raise not_found("evaluation", evaluation_id, param="evaluation_id")
    return found


def still_meant(public_id: str) -> bool:
    """Whether an evaluation goes on or is done: one that ended otherwise is not asked for anew."""
    over = (Evaluation.State.CANCELLED, Evaluation.State.FAILED)
    return Evaluation.objects.filter(public_id=public_id).exclude(state__in=over).exists()


@router.post("", response=EvaluationObject, summary="Create an evaluation")
def evaluations_create(
    request: HttpRequest, response: HttpResponse, body: EvaluationBody
) -> dict[str, Any]:
    """Queue it: a worker of jobs computes it, between two jobs and never beside one.

    One with `spending`, asked for again within a short time with the same body and key, is the one
    that was made the first time, with the header `x-wukong-repeated: true`.
    """
    key = key_of(request)
    if (body.fine_tuning_job_id is None) == (body.base is None):
        words = "Name either fine_tuning_job_id or base."
        raise ApiError(400, words, code="invalid_value", param="fine_tuning_job_id")
    run = None if body.fine_tuning_job_id is None else run_of(key, body.fine_tuning_job_id)
    base = None
    if body.base is not None:
        base = base_named(body.base)
        if base is None:
            raise not_found("model", body.base, param="base")
    dataset = None
    if body.file is not None:
        dataset = Dataset.objects.for_team(key.team).filter(public_id=body.file).first()
        if dataset is None:
            raise not_found("file", body.file, param="file")
    given = None
    if body.cases is not None:
        given = given_read(body.cases.name, body.cases.text.encode())
    terms = Terms(**{name: getattr(body, name) for name in Terms.model_fields})

    def make() -> str:
        made = evaluation_create(
            team=key.team,
            user=key.user,
            kind=body.kind,
            run=run,
            base=base,
            checkpoint=body.checkpoint,
            dataset=dataset,
            part=body.part,
            terms=terms,
            given=given,
            chip=body.chip,
            agreement=body.spending,
        )
        return made.public_id

    if body.spending is None:
        return evaluation_object(evaluation_of(request, make()))
    # A request whose answer was lost is repeated by clients: what costs money is made once.
    asked = "evaluation" + json.dumps(json_object(request.body), sort_keys=True)
    mark = request.headers.get("Idempotency-Key", "")
    made, repeated = once(key, asked, mark, make, meant=still_meant)
    if repeated:
        response["x-wukong-repeated"] = "true"
    return evaluation_object(evaluation_of(request, made))


@router.get("", response=EvaluationList, summary="List evaluations")
def evaluations_list(
    request: HttpRequest,
    limit: Limit20,
    after: After = None,
    fine_tuning_job_id: Annotated[str | None, Query(description="Of this job alone.")] = None,
) -> dict[str, Any]:
    """Those of the team, or of one job, newest first."""
    key = key_of(request)
    rows = evaluation_list_for(key.team).prefetch_related("ballots__other")
    if fine_tuning_job_id is not None:
        rows = rows.filter(run=run_of(key, fine_tuning_job_id))
    if after:
        cursor = rows.filter(public_id=after).values_list("created_at", "pk").first()
        if cursor is None:
            raise no_such_cursor(after)
        rows = older(rows, *cursor)
    return page_of(list(rows[: limit + 1]), limit=limit, shape=evaluation_object)


@router.get("/{evaluation_id}", response=EvaluationObject, summary="Retrieve an evaluation")
def evaluations_retrieve(request: HttpRequest, evaluation_id: str) -> dict[str, Any]:
    """How far it is, and what came out."""
    return evaluation_object(evaluation_of(request, evaluation_id))


@router.post("/{evaluation_id}/cancel", response=EvaluationObject, summary="Cancel an evaluation")
def evaluations_cancel(request: HttpRequest, evaluation_id: str) -> dict[str, Any]:
    """Its process ends within a second; one that has ended is refused."""
    evaluation = evaluation_of(request, evaluation_id)
    by = key_of(request).user
    return evaluation_object(evaluation_cancel(evaluation=evaluation, by=by))


@router.get(
    "/{evaluation_id}/content",
    summary="Retrieve everything that came out",
    openapi_extra={"responses": {200: {"description": "OK", "content": {"application/json": {}}}}},
)
def evaluations_content(request: HttpRequest, evaluation_id: str) -> HttpResponseBase:
    """The result with every dialogue's own numbers, as the command line writes it."""
    found = evaluation_of(request, evaluation_id)
    if found.file is None:
        raise ApiError(
            409,
            f"{evaluation_id} has no result: its status is “{STATUS[found.state]}”.",
            code="wrong_state",
            param="evaluation_id",
        )
    return file_answer(
        request,
        found.file,
        filename=f"{evaluation_id}.json",
        content_type="application/json",
        etag=file_sha256(found.file),
    )
