"""Data sets: the list, the upload, the page of one set with its problems, and deleting it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.datasets.formats.registry import FORMATS, USUAL
from finetune.downloads import text_answer
from finetune.exceptions import StudioError
from finetune.faults import BY_CODE
from finetune.paging import KeyPaginator
from finetune.submissions import AlreadySubmitted, submission_digest, submission_made
from finetune.teams.access import SiteRequest, in_team, signed_in
from finetune.text import neutralised

from . import selectors as dataset_selectors
from . import services as dataset_services
from .checking import dataset_cancel
from .containers import read_from
from .fetching.addresses import fetching_is_allowed
from .fetching.forms import FetchForm
from .fetching.models import DatasetFetch
from .findings.licences import licence_words
from .findings.page import FindingsView
from .forms import OptionsForm, UploadForm, options_form, options_now
from .glimpse import Glimpse, glimpse_of
from .models import Dataset
from .parts.services import PAGE_PART
from .progress import CheckProgress
from .report import ReportView
from .versions.exports import writable
from .versions.selectors import fixable_of, newest_of, version_numbers, versions_shown

PAGE = 25
PROBLEMS = 20
State = Dataset.State


@in_team
@require_safe
def data(request: SiteRequest) -> HttpResponse:
    rows = dataset_selectors.dataset_list_for(request.team).newest().select_related("created_by")
    page = KeyPaginator(rows, PAGE).get_page(request.GET.get("page"))
    numbers = version_numbers(list(page))
    context = {
        "page": page,
        "rows": [(row, ReportView(row), numbers[row.pk]) for row in page],
        "waiting": any(is_waiting(row) for row in page),
    }
    name = "finetune/datasets/_datasets.html" if request.htmx else "finetune/datasets/datasets.html"
    return render(request, name, context)


def is_waiting(row: Dataset) -> bool:
    return row.state in {State.FETCHING, State.UPLOADED, State.CHECKING}


@never_cache
@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_upload(request: SiteRequest) -> HttpResponse:
    """A plain form; the page's script posts the same fields and asks for JSON."""
    wants_json = request.headers.get("accept", "") == "application/json"
    form = UploadForm(request.POST or None, request.FILES or None)
    status, refused = 200, 422
    if request.method == "POST":
        digest = submission_digest("upload", request.team, request.POST, request.FILES)
        if before := submission_made(user=request.user, digest=digest):
            return uploaded(before, wants_json)
        if form.is_valid():
            try:
                made = dataset_services.dataset_upload(
                    team=request.team,
                    user=request.user,
                    file=form.cleaned_data["file"],
                    name=form.cleaned_data["name"],
                    licence=form.cleaned_data["licence"],
                    options=form.options(),
                    digest=digest,
                )
            except AlreadySubmitted as earlier:
                return uploaded(earlier.made, wants_json)
            except StudioError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
                refused = BY_CODE[error.code].status if error.code in BY_CODE else refused
            else:
                return uploaded(made.public_id, wants_json)
        if wants_json:
            errors = {
                "" if name == "__all__" else name: list(found)
                for name, found in form.errors.items()
            }
            return JsonResponse({"errors": errors}, status=refused)
        status = refused
    context = upload_context(form=form)
    return render(request, "finetune/datasets/upload.html", context, status=status)


def upload_context(
    *, form: UploadForm | None = None, fetch_form: FetchForm | None = None
) -> dict[str, Any]:
    """Of the page with both ways to bring data."""
    return {
        "form": form or UploadForm(),
        "fetch_form": (fetch_form or FetchForm()) if fetching_is_allowed() else None,
        "max_bytes": settings.UPLOAD_MAX_MB * 2**20,
        "parts_from": PAGE_PART,
        "request_mb": min(settings.REQUEST_MAX_MB, settings.UPLOAD_MAX_MB),
        "formats": USUAL,
        "more_formats": [form for form in FORMATS.values() if form not in USUAL],
        "max_mb": settings.UPLOAD_MAX_MB,
        "min_dialogues": settings.UPLOAD_MIN_DIALOGUES,
    }


def uploaded(public_id: str, wants_json: bool) -> HttpResponse:
    url = reverse("dataset", args=[public_id])
    return JsonResponse({"url": url}, status=201) if wants_json else redirect(url)


@signed_in
@require_safe
def dataset(request: SiteRequest, public_id: str) -> HttpResponse:
    """The page; a fragment request with `problems` gets that table, others the whole part."""
    found = dataset_selectors.dataset_get(request.user, public_id)
    context = dataset_context(request, found)
    if not request.htmx:
        return render(request, "finetune/datasets/dataset.html", context)
    if "problems" in request.GET:
        return render(request, "finetune/datasets/_problems.html", context)
    return render(request, "finetune/datasets/_dataset.html", context)


def dataset_context(
    request: SiteRequest,
    found: Dataset,
    form: OptionsForm | None = None,
    glimpse: Glimpse | None = None,
) -> dict[str, Any]:
    report = ReportView(found)
    pages = Paginator(range(report.problem_lines), PROBLEMS)
    page = pages.get_page(request.GET.get("problems"))
    start = (page.number - 1) * PROBLEMS
    return {
        "dataset": found,
        "report": report,
        "source": read_from(found.report),
        "fetch": DatasetFetch.objects.filter(dataset=found).first(),
        "problems": [
            {**row, "number": number}
            for number, row in enumerate(problems_from(found, start, PROBLEMS), start)
        ],
        "problem_page": page,
        "waiting": is_waiting(found),
        "fixable": fixable_of(found),
        "versions": versions_shown(found, request.user),
        "newest": newest_of(found),
        "writable": list(writable(found.kind).values()),
        "form": form or options_form(found, initial=options_now(found)),
        "glimpse": glimpse,
        "progress": CheckProgress.of(found),
        "view": FindingsView(found),
        "licence": licence_words(found.licence_tag, found.licence),
        "runs": found.runs.filter(team=found.team).order_by("-created_at")[:5],
    }


def problems_from(found: Dataset, start: int, size: int) -> list[dict[str, Any]]:
    """Problems of a file that was read to its end; of a refused one the first, from its report."""
    if found.state == Dataset.State.READY:
        return dataset_selectors.dataset_problems(found, offset=start, limit=size)
    return ReportView(found).kept_problems[start : start + size]


@signed_in
@require_POST
def dataset_options(request: SiteRequest, public_id: str) -> HttpResponse:
    """Check the file again with another format, mapping or split."""
    found = dataset_selectors.dataset_get(request.user, public_id)
    form = options_form(found, request.POST)
    if not form.is_valid():
        context = dataset_context(request, found, form)
        return render(request, "finetune/datasets/dataset.html", context, status=422)
    if is_waiting(found):
        messages.warning(request, _("The file is being checked already. Wait for it to end."))
        return redirect("dataset", public_id)
    try:
        dataset_services.dataset_recheck(
            dataset=found,
            options=form.options(),
            consent=form.cleaned_data.get("consent"),
            user=request.user,
        )
    except StudioError as error:
        messages.error(request, error.message)
    return redirect("dataset", public_id)


@never_cache
@signed_in
@require_POST
def dataset_preview(request: SiteRequest, public_id: str) -> HttpResponse:
    """The first records as the form's options would read them; nothing is saved."""
    found = dataset_selectors.dataset_get(request.user, public_id)
    form = options_form(found, request.POST)
    glimpse = glimpse_of(found, form)
    if request.htmx:
        return render(request, "finetune/datasets/_glimpse.html", {"glimpse": glimpse})
    context = dataset_context(request, found, form, glimpse)
    return render(request, "finetune/datasets/dataset.html", context)


@signed_in
@require_POST
def dataset_check_cancel(request: SiteRequest, public_id: str) -> HttpResponse:
    """Stop reading the file; it stays."""
    found = dataset_selectors.dataset_get(request.user, public_id)
    if not dataset_cancel(dataset=found):
        messages.warning(request, _("The check had ended already."))
    return redirect("dataset", public_id)


@signed_in
@require_safe
def dataset_problems(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """Every problem as a table for a spreadsheet."""
    found = dataset_selectors.dataset_get(request.user, public_id)
    return text_answer(
        request,
        problem_blocks(found),
        content_type="text/csv; charset=utf-8",
        filename=f"{found.name}-problems.csv",
    )


def problem_blocks(found: Dataset) -> Iterator[str]:
    """The table in blocks of five hundred rows."""
    columns = ("line", "severity", "check", "reason", "fix", "member")
    block = io.StringIO()
    writer = csv.writer(block)
    block.write("\ufeff")
    writer.writerow(columns)
    yield block.getvalue()
    offset = 0
    while rows := problems_from(found, offset, 500):
        block.seek(0)
        block.truncate()
        for row in rows:
            writer.writerow([neutralised(str(row.get(name, ""))) for name in columns])
        yield block.getvalue()
        offset += len(rows)


@signed_in
@require_POST
def dataset_delete(request: SiteRequest, public_id: str) -> HttpResponse:
    found = dataset_selectors.dataset_get(request.user, public_id)
    try:
        dataset_services.dataset_delete(dataset=found)
    except StudioError as error:
        messages.error(request, error.message)
        return redirect("dataset", public_id)
    messages.success(request, _("“%(name)s” and its files are deleted.") % {"name": found.name})
    return redirect("data")
