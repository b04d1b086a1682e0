"""What is known of a data set: its report, findings, problems with their fixes, and dialogues."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from finetune.api.errors import ApiError, not_found
from finetune.api.files import dataset_of, key_of
from finetune.api.pages import listing, page_of
from finetune.datasets.checking import options_of
from finetune.datasets.findings.page import findings_of
from finetune.datasets.findings.services import findings_cancel, findings_queue
from finetune.datasets.findings.told import places_told
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_problem
from finetune.datasets.versions.dialogues import Dialogues, Wanted
from finetune.datasets.versions.proposals import Proposals
from finetune.datasets.views import problems_from

from .objects import dataset_object, dialogue_object, findings_object, place_object, problem_object
from .schemas import (
    After,
    DatasetObject,
    DialogueList,
    FindingsObject,
    FixObject,
    Limit20,
    Limit100,
    PlaceList,
    ProblemList,
)

router = Router(tags=["Data"])


def ready(dataset: Dataset) -> Dataset:
    """The same. Raises ApiError: 409, its check has not ended well, or was another version's."""
    if dataset.state != Dataset.State.READY or not dataset.places_file.is_file():
        raise ApiError(
            409,
            f"{dataset.public_id} is not checked: its status says why.",
            code="not_checked",
            param="file_id",
        )
    return dataset


@router.get("/{file_id}", response=DatasetObject, summary="Retrieve a data set's report")
def datasets_retrieve(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """As what the file was read, what is in it, how it is split, and how far its check is."""
    return dataset_object(dataset_of(key_of(request), file_id))


@router.get("/{file_id}/findings", response=FindingsObject, summary="Retrieve the findings")
def findings_retrieve(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """What the check found and, once it has ended, the second look: kind, level, count, what it
    does to a run, and the first places. There is no score."""
    return findings_object(dataset_of(key_of(request), file_id))


@router.post("/{file_id}/findings", response=FindingsObject, summary="Look for findings again")
def findings_start(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """Queue the second look, from the beginning; one that waits or is at work goes on."""
    found = ready(dataset_of(key_of(request), file_id))
    if (row := findings_of(found)) is None or not row.is_live:
        findings_queue(dataset=found)
        found.refresh_from_db()
    return findings_object(found)


@router.post("/{file_id}/findings/cancel", response=FindingsObject, summary="Stop looking")
def findings_stop(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """Its process ends within a second; what has ended is refused."""
    found = dataset_of(key_of(request), file_id)
    if not findings_cancel(dataset=found):
        raise ApiError(409, "Nothing is being looked for.", code="wrong_state", param="file_id")
    found.refresh_from_db()
    return findings_object(found)


@router.get(
    "/{file_id}/findings/{kind}/places", response=PlaceList, summary="List a finding's places"
)
def places_list(
    request: HttpRequest, file_id: str, kind: str, limit: Limit100, after: After = None
) -> dict[str, Any]:
    """The dialogues or lines of one finding; those of a group one behind the other."""
    found = dataset_of(key_of(request), file_id)
    first = 0 if after is None else after + 1
    places = places_told(found, kind, first, limit + 1)
    if places is None:
        raise not_found("finding", kind, param="kind")
    return page_of(places, limit=limit, shape=place_object)


@router.get("/{file_id}/problems", response=ProblemList, summary="List problems of lines")
def problems_list(
    request: HttpRequest, file_id: str, limit: Limit100, after: After = None
) -> dict[str, Any]:
    """What the check says of single lines, in the order of the file."""
    found = dataset_of(key_of(request), file_id)
    first = 0 if after is None else after + 1
    rows = enumerate(problems_from(found, first, limit + 1), first)
    return page_of(rows, limit=limit, shape=lambda row: problem_object(*row))


@router.get(
    "/{file_id}/problems/{number}", response=FixObject, summary="Retrieve a problem and its fix"
)
def problems_retrieve(request: HttpRequest, file_id: str, number: str) -> dict[str, Any]:
    """What the line was probably meant to be, step by step; `dialogues` is null where nobody can
    tell. Nothing is changed."""
    found = dataset_of(key_of(request), file_id)
    plain = number.isascii() and number.isdigit() and len(number) <= 9
    row = dataset_problem(found, int(number)) if plain else None
    if row is None:
        raise not_found("problem", number, param="number")
    mended = Proposals(found.folder, found.report, options_of(found.options)).fix(row)
    steps = mended.steps if mended else []
    return {
        **problem_object(int(number), row),
        "dialogues": len(mended.dialogues) if mended else None,
        "steps": [
            {"what": list(one.what), "before": one.before, "after": one.after} for one in steps
        ],
    }


@router.get("/{file_id}/dialogues", response=DialogueList, summary="List dialogues")
def dialogues_list(
    request: HttpRequest,
    file_id: str,
    limit: Limit20,
    after: After = None,
    q: Annotated[str, Query(max_length=200, description="A text in one of the turns.")] = "",
    tag: Annotated[str, Query(max_length=40, description="Only with this tag.")] = "",
    part: Annotated[
        Literal["all", "train", "validation"], Query(description="Only of this part.")
    ] = "all",
) -> dict[str, Any]:
    """In the order of their lines. A search looks at up to 64 MB, or for four seconds, at once:
    where `has_more` is true and little was found, go on with `last_id`."""
    found = ready(dataset_of(key_of(request), file_id))
    wanted = Wanted(q, tag, "" if part == "all" else part)
    page = Dialogues(found).page(wanted, 0 if after is None else after + 1, limit)
    answer = listing([dialogue_object(one) for one in page.talks], has_more=page.after is not None)
    if page.after is not None:
        answer["last_id"] = str(page.after - 1)  # the last that was looked at
    return answer
