"""`/v1/fine_tuning/jobs/{id}/exports`: archives of a job or of one of its checkpoints."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponseBase
from ninja import Field, Router, Schema

from finetune.downloads import file_answer
from finetune.exceptions import without_paths
from finetune.exports.models import Export
from finetune.exports.selectors import export_list_for
from finetune.exports.services import export_create, export_delete
from finetune.runs.models import Run

from .errors import ApiError, not_found
from .files import key_of
from .jobs.creation import run_of
from .times import moment

router = Router(tags=["Fine-tuning"])
Part = Literal["adapter", "merged", "gguf"]


class ExportBody(Schema):
    model_config = {"extra": "forbid"}

    parts: list[Part] = Field(
        default=["adapter"],
        description="What comes along beside the adapter, which always does: the merged model, "
        "and a GGUF file of it for llama.cpp.",
    )
    checkpoint: int | None = Field(
        default=None, ge=0, description="Step of a checkpoint; none: what the job ended with."
    )


class ExportFile(Schema):
    path: str
    bytes: int
    sha256: str


class ExportObject(Schema):
    id: str
    object: Literal["fine_tuning.job.export"] = "fine_tuning.job.export"
    fine_tuning_job_id: str
    created_at: int
    finished_at: int | None
    status: Literal["queued", "running", "succeeded", "failed"]
    progress: Annotated[float, Field(description="Share of the work that is done, 0 to 1.")]
    phase: str | None
    parts: list[Part]
    checkpoint: int | None
    error: str | None
    filename: str | None
    bytes: int | None
    sha256: str | None
    files: list[ExportFile]


class ExportList(Schema):
    object: Literal["list"] = "list"
    data: list[ExportObject]
    has_more: bool = False


class ExportDeleted(Schema):
    id: str
    object: Literal["fine_tuning.job.export"] = "fine_tuning.job.export"
    deleted: bool


STATUS = {
    Export.State.WAITING: "queued",
    Export.State.WORKING: "running",
    Export.State.DONE: "succeeded",
    Export.State.FAILED: "failed",
}


def export_object(export: Export) -> dict[str, Any]:
    result = export.result
    return {
        "id": export.public_id,
        "object": "fine_tuning.job.export",
        "fine_tuning_job_id": export.run.public_id,
        "created_at": int(export.created_at.timestamp()),
        "finished_at": moment(export.finished_at),
        "status": STATUS[Export.State(export.state)],
        "progress": export.share,
        "phase": export.phase or None,
        "parts": export.parts,
        "checkpoint": export.step,
        "error": without_paths(export.message) or None,
        "filename": result.get("file"),
        "bytes": result.get("bytes"),
        "sha256": result.get("sha256"),
        "files": [{"path": path, **one} for path, one in result.get("files", {}).items()],
    }


def export_of(request: HttpRequest, job_id: str, export_id: str) -> Export:
    run = run_of(key_of(request), job_id)
    export = export_list_for(run).filter(public_id=export_id).first()
    if export is None:
        raise not_found("export", export_id, param="export_id")
    return export


@router.post("/{fine_tuning_job_id}/exports", response=ExportObject, summary="Export a job")
def exports_create(
    request: HttpRequest, fine_tuning_job_id: str, body: ExportBody
) -> dict[str, Any]:
    """Queue an archive: adapter, model card, circuit, hashes, and the parts that are asked for.

    Each form of the model has to answer golden prompts as the trained one did, or there is no
    archive and `error` says where they part.
    """
    key = key_of(request)
    run: Run = run_of(key, fine_tuning_job_id)
    made = export_create(run=run, user=key.user, parts=body.parts, step=body.checkpoint)
    return export_object(made)


@router.get("/{fine_tuning_job_id}/exports", response=ExportList, summary="List a job's exports")
def exports_list(request: HttpRequest, fine_tuning_job_id: str) -> dict[str, Any]:
    """Newest first, all of them."""
    run = run_of(key_of(request), fine_tuning_job_id)
    return {"object": "list", "data": [export_object(one) for one in export_list_for(run)]}


@router.get(
    "/{fine_tuning_job_id}/exports/{export_id}",
    response=ExportObject,
    summary="Retrieve an export",
)
def exports_retrieve(
    request: HttpRequest, fine_tuning_job_id: str, export_id: str
) -> dict[str, Any]:
    return export_object(export_of(request, fine_tuning_job_id, export_id))


@router.delete(
    "/{fine_tuning_job_id}/exports/{export_id}",
    response=ExportDeleted,
    summary="Delete an export",
)
def exports_delete(request: HttpRequest, fine_tuning_job_id: str, export_id: str) -> dict[str, Any]:
    """Delete an export and its archive; one that is being made stops."""
    export_delete(export=export_of(request, fine_tuning_job_id, export_id))
    return {"id": export_id, "deleted": True}


@router.get(
    "/{fine_tuning_job_id}/exports/{export_id}/content",
    summary="Retrieve an export's archive",
    openapi_extra={"responses": {200: {"description": "OK", "content": {"application/zip": {}}}}},
)
def exports_content(
    request: HttpRequest, fine_tuning_job_id: str, export_id: str
) -> HttpResponseBase:
    """The zip. A download that broke off goes on with `Range: bytes=N-`."""
    export = export_of(request, fine_tuning_job_id, export_id)
    if export.file is None:
        raise ApiError(
            409,
            f"{export_id} has no archive: its status is “{STATUS[Export.State(export.state)]}”.",
            code="wrong_state",
            param="export_id",
        )
    return file_answer(
        request,
        export.file,
        filename=export.file.name,
        content_type="application/zip",
        etag=export.result["sha256"],
    )
