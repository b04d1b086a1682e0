"""A version as a download, in the form that was chosen."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from finetune.datasets.selectors import dataset_get
from finetune.downloads import text_answer
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, signed_in

from .exports import export_open


@signed_in
@require_safe
def dataset_export(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """The file; where its form has no words for a dialogue, the page says which."""
    found = dataset_get(request.user, public_id)
    try:
        form, part = request.GET.get("format", "openai"), request.GET.get("part", "all")
        export = export_open(found, form, part)
    except StudioError as error:
        messages.error(request, error.message)
        return redirect("dataset", public_id)
    answer = text_answer(
        request, export.blocks(), content_type=export.content_type, filename=export.filename
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
