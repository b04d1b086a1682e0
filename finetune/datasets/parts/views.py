"""What the upload page's script asks for: a file that does not go in one request goes in parts.

Every answer is JSON: what the page wants to know, or `{"errors": {field: [words]}}`.
"""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from finetune.datasets.forms import PartForm, PartsForm
from finetune.exceptions import StudioError
from finetune.faults import BY_CODE
from finetune.teams.access import SiteRequest, in_team, signed_in

from .assembling import upload_complete
from .models import Upload
from .selectors import numbers_there, upload_get
from .services import part_add, upload_cancel, upload_create


def refused(error: StudioError, status: int = 422) -> JsonResponse:
    if error.code in BY_CODE:
        status = BY_CODE[error.code].status
    field = error.field if error.field == "file" else ""
    return JsonResponse({"errors": {field: [error.message]}, "code": error.code}, status=status)


@in_team
@require_POST
def upload_open(request: SiteRequest) -> HttpResponse:
    """Begin, or go on with a file whose first parts are there."""
    form = PartsForm(request.POST)
    if not form.is_valid():
        errors = {
            "" if name == "__all__" else name: list(found) for name, found in form.errors.items()
        }
        return JsonResponse({"errors": errors}, status=422)
    values = form.cleaned_data
    try:
        upload = upload_create(
            team=request.team,
            user=request.user,
            filename=values["filename"],
            size=values["bytes"],
            fingerprint=values["fingerprint"],
            name=values["name"],
            licence=values["licence"],
            options=form.options(),
        )
    except StudioError as error:
        return refused(error)
    return JsonResponse(
        {
            "part_bytes": upload.part_bytes,
            "there": numbers_there(upload),
            "part_url": reverse("upload-part", args=[upload.public_id]),
            "complete_url": reverse("upload-complete", args=[upload.public_id]),
            "cancel_url": reverse("upload-cancel", args=[upload.public_id]),
        }
    )


@signed_in
@require_POST
def upload_part(request: SiteRequest, public_id: str) -> HttpResponse:
    """Take one part: `part`, its `number`, and the `crc32` of its bytes."""
    upload = upload_get(request.user, public_id)
    form = PartForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": {"": [_("This is no part of the file.")]}}, status=422)
    values = form.cleaned_data
    try:
        part_add(upload=upload, file=values["part"], number=values["number"], crc32=values["crc32"])
    except StudioError as error:
        return refused(error, 409 if error.code == "wrong_state" else 422)
    return JsonResponse({"number": values["number"]})


@signed_in
@require_POST
def upload_done(request: SiteRequest, public_id: str) -> HttpResponse:
    """Put the parts together, in their order."""
    upload = upload_get(request.user, public_id)
    parts = upload.parts.filter(number__isnull=False).order_by("number")
    try:
        upload = upload_complete(
            upload=upload, part_ids=list(parts.values_list("public_id", flat=True))
        )
    except StudioError as error:  # 409: another request is at it; ask again
        return refused(error, 409 if upload.state == Upload.State.COMPLETING else 422)
    assert upload.dataset is not None  # it is completed
    url = reverse("dataset", args=[upload.dataset.public_id])
    return JsonResponse({"url": url}, status=201)


@signed_in
@require_POST
def upload_stop(request: SiteRequest, public_id: str) -> HttpResponse:
    """Give it up and remove its parts."""
    try:
        upload_cancel(upload=upload_get(request.user, public_id))
    except StudioError as error:
        return refused(error)
    return JsonResponse({})
