"""A run's exports: the form, how far each is, the archive."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.downloads import file_answer
from finetune.exceptions import StudioError
from finetune.runs.models import Run
from finetune.runs.selectors import run_get
from finetune.teams.access import SiteRequest, signed_in

from . import services
from .facts import data_of
from .models import Export
from .selectors import export_get, export_list_for, export_sources


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def run_exports(request: SiteRequest, public_id: str) -> HttpResponse:
    """The form and the run's exports; what was chosen is kept with its refusal."""
    run = run_get(request.user, public_id)
    chosen = request.POST.getlist("parts") if request.method == "POST" else ["merged"]
    step = request.POST.get("checkpoint", request.GET.get("checkpoint", ""))
    refused = ""
    if request.method == "POST":
        try:
            services.export_create(
                run=run, user=request.user, parts=chosen, step=services.step_of(step)
            )
        except StudioError as error:
            refused = error.message
        else:
            return redirect("run-exports", public_id)
    context = {**page_of(run), "chosen": chosen, "step": step, "refused": refused}
    if request.htmx and request.method != "POST":
        return render(request, "finetune/exports/_exports.html", context)
    return render(request, "finetune/exports/exports.html", context, status=422 if refused else 200)


def page_of(run: Run) -> dict[str, Any]:
    rows = list(export_list_for(run))
    return {
        "run": run,
        "exports": rows,
        "live": any(row.state in Export.LIVE for row in rows),
        "sources": export_sources(run),
        "non_commercial": [one["name"] for one in data_of(run) if one["non_commercial"]],
        "merge_problem": services.merge_problem(run),
        "gguf_problem": services.run_gguf_problem(run),
    }


@signed_in
@require_safe
def export_download(request: SiteRequest, public_id: str, export_id: str) -> HttpResponseBase:
    """The archive, as a stream; who is not in the run's team finds nothing."""
    export = export_get(request.user, public_id, export_id)
    if export.file is None:
        raise Http404("There is no archive of this export.")
    return file_answer(
        request,
        export.file,
        filename=export.file.name,
        content_type="application/zip",
        etag=export.result["sha256"],
    )


@signed_in
@require_POST
def export_delete(request: SiteRequest, public_id: str, export_id: str) -> HttpResponse:
    services.export_delete(export=export_get(request.user, public_id, export_id))
    messages.success(request, _("The export is deleted."))
    return redirect("run-exports", public_id)
