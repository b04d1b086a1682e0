"""`/v1/files`: uploads, and the result tables of finished jobs."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponseBase
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile

from finetune.datasets.models import Dataset
from finetune.datasets.report import ReportView
from finetune.datasets.selectors import dataset_list_for
from finetune.datasets.services import consent_by, dataset_delete, dataset_upload
from finetune.datasets.versions.exports import export_open
from finetune.datasets.versions.selectors import versions_of
from finetune.downloads import file_answer, text_answer
from finetune.exceptions import without_paths
from finetune.runs.models import Run
from finetune.runs.selectors import run_list_for
from finetune.teams.audit.services import audit_write
from finetune.teams.keys.callers import Caller
from finetune.teams.models import ApiKey

from .doctor.reading import Consent, Pause, Speaker
from .errors import ApiError, not_found
from .file_lists import Place, files_page, place_of, result_blocks, result_bytes
from .lifetimes import Given
from .pages import DIGITS, ListPage
from .times import moment

router = Router(tags=["Files"])

RESULTS = "file-results-"
PURPOSES = ("fine-tune",)
OF_RESULTS = "fine-tune-results"
LISTED = 300
STATUS = {
    Dataset.State.FETCHING: "uploaded",
    Dataset.State.UPLOADED: "uploaded",
    Dataset.State.CHECKING: "uploaded",
    Dataset.State.READY: "processed",
    Dataset.State.FAILED: "error",
    Dataset.State.CANCELLED: "error",
}


class FileObject(Schema):
    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["uploaded", "processed", "error"]
    status_details: str | None = None
    expires_at: int | None = None
    wukong: dict[str, Any] | None = None


class FileList(ListPage):
    data: list[FileObject]


class FileDeleted(Schema):
    id: str
    object: Literal["file"] = "file"
    deleted: bool


def key_of(request: HttpRequest) -> ApiKey:
    """The key that `wukongsite.api.keys` has checked for this request."""
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    return key


def file_object(dataset: Dataset) -> dict[str, Any]:
    failed = STATUS[Dataset.State(dataset.state)] == "error"
    told = ReportView(dataset).summary if dataset.state == Dataset.State.READY else ""
    return {
        "id": dataset.public_id,
        "object": "file",
        "bytes": dataset.bytes,
        "created_at": int(dataset.created_at.timestamp()),
        "filename": dataset.filename,
        "purpose": dataset.purpose,
        "status": STATUS[Dataset.State(dataset.state)],
        "status_details": (
            without_paths(dataset.problem.get("message", "")) if failed else told or None
        ),
        "expires_at": moment(dataset.expires_at),
        "wukong": {
            "version": dataset.version,
            "sha256": dataset.sha256,
            "changes": dataset.changes.get("counts") or {},
        },
    }


def versions_object(dataset: Dataset) -> list[dict[str, Any]]:
    """Every version of the same data that is there, the first one first."""
    return [
        {"id": row.public_id, "version": row.version, "sha256": row.sha256}
        for row in versions_of(dataset).order_by("version").only("public_id", "version", "sha256")
    ]


def result_id(run: Run) -> str:
    return RESULTS + run.public_id.removeprefix("ftjob-")


def result_object(run: Run) -> dict[str, Any]:
    return {
        "id": result_id(run),
        "object": "file",
        "bytes": result_bytes(run),
        "created_at": int((run.finished_at or run.created_at).timestamp()),
        "filename": f"{run.public_id}-results.csv",
        "purpose": OF_RESULTS,
        "status": "processed",
        "status_details": None,
        "expires_at": None,
    }


def dataset_of(caller: Caller, file_id: str, *, param: str = "file_id") -> Dataset:
    found = dataset_list_for(caller.team).filter(public_id=file_id).first()
    if found is None:
        raise not_found("file", file_id, param=param)
    return found


def file_of(key: ApiKey, file_id: str) -> Dataset | Run:
    """An upload, or the run behind a result table, of this key's team."""
    if not file_id.startswith(RESULTS):
        return dataset_of(key, file_id)
    public_id = "ftjob-" + file_id.removeprefix(RESULTS)
    runs = run_list_for(key.team).filter(state=Run.State.SUCCEEDED, public_id=public_id)
    if (run := runs.first()) is None:
        raise not_found("file", file_id, param="file_id")
    return run


def shaped(row: Dataset | Run) -> dict[str, Any]:
    return result_object(row) if isinstance(row, Run) else file_object(row)


@router.post("", response=FileObject, summary="Upload a file")
def files_create(
    request: HttpRequest,
    file: Annotated[UploadedFile, File(description="Dialogues in any format the studio reads.")],
    purpose: Annotated[str, Form(description="`fine-tune`.", examples=["fine-tune"])],
    consent: Consent = False,
    speaker: Speaker = "",
    pause_hours: Pause = None,
    *,
    expires_after: Given,
) -> dict[str, Any]:
    """Keep a file and check it in the background; `status` says when it is `processed`.

    Accepted: every format of the table in `docs/data.md`, as JSONL, JSON, CSV or plain text. Where
    a format cannot be recognised, the data page of the site lets you map columns. An exported chat
    without `consent` or `speaker` ends in `error`, whose `status_details` names who writes in it.
    """
    if purpose not in PURPOSES:
        raise ApiError(
            400,
            f"purpose: {purpose[:60]!r} is not known; known: {', '.join(PURPOSES)}.",
            code="invalid_value",
            param="purpose",
        )
    key = key_of(request)
    options: dict[str, Any] = {"speaker": speaker} if speaker else {}
    if pause_hours:
        options["pause_hours"] = pause_hours
    if consent:
        options["consent"] = consent_by(key.user)
    made = dataset_upload(
        team=key.team,
        user=key.user,
        file=file,
        purpose=purpose,
        options=options,
        lifetime=expires_after.lifetime,
    )
    return file_object(made)


@router.get("", response=FileList, summary="List files")
def files_list(
    request: HttpRequest,
    limit: Annotated[int, DIGITS, Query(LISTED, ge=1, le=10_000)],
    purpose: Annotated[str | None, Query(description="Only files of this purpose.")] = None,
    order: Annotated[Literal["asc", "desc"], Query(description="By time of creation.")] = "desc",
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
) -> dict[str, Any]:
    key = key_of(request)
    uploads = dataset_list_for(key.team)
    if purpose:
        uploads = uploads.filter(purpose=purpose)
    results = run_list_for(key.team).filter(state=Run.State.SUCCEEDED)
    return files_page(
        uploads if purpose != OF_RESULTS else None,
        results if purpose in (None, "", OF_RESULTS) else None,
        limit=limit,
        newest_first=order == "desc",
        after=(after or "", file_place(key, after) if after else None),
        shape=shaped,
    )


def file_place(key: ApiKey, file_id: str) -> Place | None:
    """Where a file of the team stands in the list; None where it is not in it."""
    try:
        return place_of(file_of(key, file_id))
    except ApiError:
        return None


@router.get("/{file_id}", response=FileObject, summary="Retrieve a file")
def files_retrieve(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """The file; `wukong.versions` lists what was made of it in the studio, and it of."""
    found = file_of(key_of(request), file_id)
    shown = shaped(found)
    if isinstance(found, Dataset):
        shown["wukong"]["versions"] = versions_object(found)
    return shown


@router.delete("/{file_id}", response=FileDeleted, summary="Delete a file")
def files_delete(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """Delete a file for good. A job that has not ended keeps its file: 409."""
    found = file_of(key_of(request), file_id)
    if isinstance(found, Run):
        raise ApiError(
            403,
            f"{file_id} is the result table of {found.public_id} and stays with it.",
            code="not_deletable",
            param="file_id",
        )
    dataset_delete(dataset=found)
    return {"id": file_id, "object": "file", "deleted": True}


@router.get(
    "/{file_id}/content",
    summary="Retrieve a file's content",
    openapi_extra={
        "responses": {
            200: {
                "description": "OK",
                "content": {"application/octet-stream": {}, "text/csv": {}},
            }
        }
    },
)
def files_content(
    request: HttpRequest,
    file_id: str,
    format: Annotated[
        str | None, Query(description="Write the dialogues in this form: `openai`, `sharegpt`, …")
    ] = None,
    part: Annotated[
        Literal["all", "train", "validation"], Query(description="Of which part, with `format`.")
    ] = "all",
) -> HttpResponseBase:
    """The bytes as they were uploaded, or the result table of a job as CSV.

    With `format`, the dialogues as the check kept them, in any form that the studio writes: JSONL,
    and CSV for `table`. A dialogue that the form has no words for is refused before anything is
    sent (`cannot_write`).
    """
    found = file_of(key_of(request), file_id)
    if isinstance(found, Run):
        name = f"{found.public_id}-results.csv"
        blocks = iter(result_blocks(found))
        response = text_answer(request, blocks, content_type="text/csv", filename=name)
        response["X-Content-Type-Options"] = "nosniff"
        return response
    if format is not None:
        export = export_open(found, format, part)
        response = text_answer(
            request, export.blocks(), content_type=export.content_type, filename=export.filename
        )
        response["X-Content-Type-Options"] = "nosniff"
        return response
    if not found.original_file.is_file():
        raise not_found("file", file_id, param="file_id")
    audit_write("data.exported", found, format="as uploaded")
    return file_answer(
        request,
        found.original_file,
        filename=found.filename,
        content_type="application/octet-stream",
        etag=found.sha256,
    )
