"""`/v1/uploads`: a large file in parts, each a request of its own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, File, Router, Schema
from ninja.files import UploadedFile

from finetune.datasets.parts.assembling import upload_complete
from finetune.datasets.parts.models import Upload, UploadPart
from finetune.datasets.parts.selectors import upload_state
from finetune.datasets.parts.services import MOST_PARTS, part_add, upload_cancel, upload_create
from finetune.teams.models import ApiKey

from .errors import ApiError, not_found
from .files import PURPOSES, FileObject, file_object, key_of
from .lifetimes import ExpiresAfter

router = Router(tags=["Uploads"])
Status = Literal["pending", "completed", "cancelled", "expired"]


class UploadBody(Schema):
    model_config = {"extra": "forbid"}

    filename: str = Field(min_length=1, max_length=1000)
    purpose: str = Field(description="`fine-tune`.", examples=["fine-tune"], max_length=60)
    bytes: int = Field(ge=1, lt=2**63, description="Of the whole file.")
    mime_type: str = Field(max_length=120, examples=["application/jsonl"])
    expires_after: ExpiresAfter | None = Field(
        default=None, description="Of the file, counted from when its parts are put together."
    )


class CompleteBody(Schema):
    model_config = {"extra": "forbid"}

    part_ids: list[Annotated[str, Field(max_length=200)]] = Field(
        min_length=1, max_length=MOST_PARTS, description="The parts in the order of the file."
    )
    md5: str | None = Field(
        default=None, pattern="^[0-9a-fA-F]{32}$", description="Of the whole file, to compare with."
    )


class UploadObject(Schema):
    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: Status
    file: FileObject | None = None


class PartObject(Schema):
    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str


def upload_object(upload: Upload) -> dict[str, Any]:
    state = upload_state(upload)
    dataset = upload.dataset
    return {
        "id": upload.public_id,
        "object": "upload",
        "bytes": upload.bytes,
        "created_at": int(upload.created_at.timestamp()),
        "expires_at": int(upload.expires_at.timestamp()),
        "filename": upload.filename,
        "purpose": upload.purpose,
        "status": "pending" if state == Upload.State.COMPLETING else state.value,
        "file": file_object(dataset) if dataset and not dataset.deleted_at else None,
    }


def part_object(part: UploadPart) -> dict[str, Any]:
    return {
        "id": part.public_id,
        "object": "upload.part",
        "created_at": int(part.created_at.timestamp()),
        "upload_id": part.upload.public_id,
    }


def upload_of(key: ApiKey, upload_id: str) -> Upload:
    rows = Upload.objects.for_team(key.team).select_related("team", "created_by", "dataset")
    found = rows.filter(public_id=upload_id).first()
    if found is None:
        raise not_found("upload", upload_id, param="upload_id")
    return found


@router.post("", response=UploadObject, summary="Begin an upload in parts")
def uploads_create(request: HttpRequest, body: UploadBody) -> dict[str, Any]:
    """Announce a file; its parts are kept until `expires_at`."""
    if body.purpose not in PURPOSES:
        raise ApiError(
            400,
            f"purpose: {body.purpose!r} is not known; known: {', '.join(PURPOSES)}.",
            code="invalid_value",
            param="purpose",
        )
    key = key_of(request)
    upload = upload_create(
        team=key.team,
        user=key.user,
        filename=body.filename,
        size=body.bytes,
        purpose=body.purpose,
        mime_type=body.mime_type,
        lifetime=body.expires_after.lifetime if body.expires_after else None,
    )
    return upload_object(upload)


@router.post("/{upload_id}/parts", response=PartObject, summary="Add a part")
def uploads_parts_create(
    request: HttpRequest,
    upload_id: str,
    data: Annotated[UploadedFile, File(description="The bytes of the part, 64 MB at most.")],
) -> dict[str, Any]:
    """Keep a part. Parts may come in any order and several at once."""
    upload = upload_of(key_of(request), upload_id)
    return part_object(part_add(upload=upload, file=data))


@router.post("/{upload_id}/complete", response=UploadObject, summary="Put the parts together")
def uploads_complete(request: HttpRequest, upload_id: str, body: CompleteBody) -> dict[str, Any]:
    """Make a file of the parts, in the order of `part_ids`, and check it in the background.

    Completing an upload that is completed answers with the file that it made.
    """
    upload = upload_of(key_of(request), upload_id)
    return upload_object(upload_complete(upload=upload, part_ids=body.part_ids, md5=body.md5 or ""))


@router.post("/{upload_id}/cancel", response=UploadObject, summary="Cancel an upload")
def uploads_cancel(request: HttpRequest, upload_id: str) -> dict[str, Any]:
    """Remove the parts. No more can be added."""
    return upload_object(upload_cancel(upload=upload_of(key_of(request), upload_id)))
