"""The findings of a data set: their table, the dialogues of one, and what can be done about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.datasets.models import Dataset
from finetune.datasets.previews import preview_of
from finetune.datasets.read_as import WHO
from finetune.datasets.selectors import dataset_get
from finetune.datasets.versions.dialogues import Dialogues
from finetune.datasets.versions.models import DialogueDraft
from finetune.downloads import text_answer
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, signed_in

from . import changing, services
from .forms import AboutForm
from .page import FindingsView, findings_of, places_of
from .sheet import sheet_of
from .words import kind_words

PAGE = 12
DO: dict[str, changing.Do] = {"mask": "mask", "first": "keep_first"}  # of a button


@signed_in
@require_safe
def findings(request: SiteRequest, public_id: str) -> HttpResponse:
    """The table; while they are looked for, how far that is. A fragment for its own requests."""
    found = dataset_get(request.user, public_id)
    context = {"dataset": found, "view": FindingsView(found)}
    if request.htmx:
        return render(request, "finetune/datasets/findings/_findings.html", context)
    return render(request, "finetune/datasets/findings/findings.html", context)


@signed_in
@require_POST
def findings_start(request: SiteRequest, public_id: str) -> HttpResponse:
    found = dataset_get(request.user, public_id)
    if found.state != Dataset.State.READY:
        messages.warning(request, _("The file is not ready yet."))
    elif (row := findings_of(found)) is None or not row.is_live:
        services.findings_queue(dataset=found)
    return redirect("dataset-findings", public_id)


@signed_in
@require_POST
def findings_cancel(request: SiteRequest, public_id: str) -> HttpResponse:
    services.findings_cancel(dataset=dataset_get(request.user, public_id))
    return redirect("dataset-findings", public_id)


@signed_in
@require_safe
def finding(request: SiteRequest, public_id: str, name: str) -> HttpResponse:
    """The dialogues of one finding, those that belong together side by side."""
    found = dataset_get(request.user, public_id)
    view = FindingsView(found)
    row = view.row_of(name)
    if view.row is None or row is None:
        raise Http404("There is no such finding.")
    pages = Paginator(range(row.listed), PAGE)
    page = pages.get_page(request.GET.get("page"))
    places = places_of(view.row, name, (page.number - 1) * PAGE, PAGE)
    drafts = DialogueDraft.objects.filter(dataset=found, user=request.user, left_out=True)
    gone = set(
        drafts.filter(line__in=[place["line"] for place in places]).values_list("line", flat=True)
    )
    context = {
        "dataset": found,
        "row": row,
        "page": page,
        "places": [shown(found, place) | {"stays": place["line"] not in gone} for place in places],
        "drafted": drafts.count() if row.can_choose else 0,
    }
    return render(request, "finetune/datasets/findings/finding.html", context)


def shown(dataset: Dataset, place: dict[str, Any]) -> dict[str, Any]:
    """A place with its dialogue, where that can still be read."""
    talk = Dialogues(dataset).of_line(place["line"]) if dataset.places_file.is_file() else None
    who = {role: str(words) for role, words in WHO.items()}
    item = talk.record | {"line": place["line"]} if talk else None
    notes = [kind_words(kind) for kind in place["note"].split()]
    return place | {
        "notes": notes
        if ":" not in place["note"] and "line" not in place["note"]
        else [place["note"]],
        "dialogue": preview_of(item, who) if item else None,
    }


@signed_in
@require_POST
def finding_change(request: SiteRequest, public_id: str, name: str) -> HttpResponse:
    """Make a new version with masks, or without these dialogues; or keep which of them stay."""
    found = dataset_get(request.user, public_id)
    if request.POST.get("do") == "choose":
        return finding_choose(request, found, name)
    do = DO.get(request.POST.get("do", ""), "exclude")
    try:
        made = changing.finding_change(dataset=found, user=request.user, name=name, do=do)
    except StudioError as error:
        messages.error(request, error.message)
        return redirect("dataset-findings", public_id)
    messages.success(
        request,
        _("Version %(version)s is being made. The one before stays.") % {"version": made.version},
    )
    return redirect("dataset", made.public_id)


def finding_choose(request: SiteRequest, found: Dataset, name: str) -> HttpResponse:
    """Keep which dialogues of a page stay, in the person's draft."""
    row = FindingsView(found).row_of(name)
    if row is None or not row.can_choose:
        raise Http404("Nothing is chosen here.")
    lines, stay = (numbers(request.POST.getlist(field)) for field in ("line", "stay"))
    try:
        changing.draft_choose(dataset=found, user=request.user, lines=lines, stay=stay)
    except (StudioError, FileNotFoundError) as error:
        messages.error(request, getattr(error, "message", _("Check this data set once more.")))
    address = reverse("dataset-finding", args=[found.public_id, name])
    pages = numbers([request.POST.get("page", "")])
    return redirect(f"{address}?page={pages[0]}" if pages else address)


def numbers(raw: list[str]) -> list[int]:
    """Those of the first of them that are whole numbers."""
    return [int(one) for one in raw[:PAGE] if one.isascii() and one.isdigit() and len(one) <= 12]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_about(request: SiteRequest, public_id: str) -> HttpResponse:
    """Licence, source, and whether people measure with it."""
    found = dataset_get(request.user, public_id)
    form = AboutForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        found.save(update_fields=list(form.fields))
        messages.success(request, _("Kept."))
        return redirect("dataset", public_id)
    status = 422 if request.method == "POST" else 200
    context = {"dataset": found, "form": form}
    return render(request, "finetune/datasets/findings/about.html", context, status=status)


@signed_in
@require_safe
def dataset_sheet(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """The data sheet as Markdown."""
    found = dataset_get(request.user, public_id)
    return text_answer(
        request,
        iter([sheet_of(found)]),
        content_type="text/markdown; charset=utf-8",
        filename=f"{found.name}-sheet.md",
    )
