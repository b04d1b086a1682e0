"""The list of studies, a study's page, and what people ask of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.paging import KeyPaginator
from finetune.runs.selectors import run_get
from finetune.studies import deletion, links, services
from finetune.studies.models import Study, StudyRun
from finetune.studies.selectors import runs_ended, study_get, study_list_for
from finetune.teams.access import SiteRequest, in_team, signed_in

from .data import sort_of, study_page

PAGE = 20


@never_cache
@in_team
@require_safe
def studies(request: SiteRequest) -> HttpResponse:
    """The team's studies, newest first, with how far each is."""
    page = KeyPaginator(study_list_for(request.team), PAGE).get_page(request.GET.get("page"))
    ended = runs_ended(page)
    rows = [(study, ended.get(study.pk, 0), study.run_count) for study in page]
    context = {"page": page, "rows": rows, "live": any(study.is_live for study in page)}
    name = "finetune/studies/_studies.html" if request.htmx else "finetune/studies/studies.html"
    return render(request, name, context)


@never_cache
@signed_in
@require_safe
def study(request: SiteRequest, public_id: str) -> HttpResponse:
    """One study, or the part of its page that changes while it goes on."""
    return page_answer(request, study_get(request.user, public_id))


def page_answer(
    request: SiteRequest, study: Study, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        **study_page(study, sort=sort_of(request.GET.get("sort", ""))),
        "asked_test": request.GET.get("sort") == "test",
        "links": links.links_open(study),
        **more,
    }
    name = "page/_live.html" if request.htmx else "study.html"
    return render(request, f"finetune/studies/{name}", context, status=status)


@signed_in
@require_POST
def study_stop(request: SiteRequest, public_id: str) -> HttpResponse:
    """Make nothing more; `runs=cancel` ends those at work too."""
    study = study_get(request.user, public_id)
    cancel = request.POST.get("runs") == "cancel"
    try:
        services.study_stop(study=study, by=request.user, cancel=cancel)
    except StudioError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("“%(name)s” is stopped.") % {"name": study.name})
    return redirect("study", public_id)


@signed_in
@require_POST
def study_resume(request: SiteRequest, public_id: str) -> HttpResponse:
    study = study_get(request.user, public_id)
    try:
        services.study_resume(study=study, by=request.user)
    except StudioError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("“%(name)s” goes on.") % {"name": study.name})
    return redirect("study", public_id)


@signed_in
@require_POST
def run_list(request: SiteRequest, public_id: str) -> HttpResponse:
    """Put what a run of a study made among the assistants (`listed=1`), or leave it out again."""
    run = run_get(request.user, public_id)
    cell = get_object_or_404(StudyRun, run=run)
    services.run_list(cell=cell, listed=request.POST.get("listed") == "1")
    return redirect("run", public_id)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def study_delete(request: SiteRequest, public_id: str) -> HttpResponse:
    """What goes with it, and the button; `runs=keep` lets its runs stay."""
    study = study_get(request.user, public_id)
    if request.method == "POST":
        try:
            gone = deletion.study_delete(study=study, runs=request.POST.get("runs") != "keep")
        except StudioError as error:
            messages.warning(request, error.message)
            return redirect("study", public_id)
        words = {"name": study.name, "going": len(gone.going), "kept": len(gone.kept)}
        text = _("“%(name)s” is deleted. Runs deleted with it: %(going)s; kept: %(kept)s.")
        messages.success(request, text % words)
        return redirect("studies")
    try:
        deletion.delete_check(study, runs=False)
    except StudioError as error:
        messages.warning(request, error.message)
        return redirect("study", public_id)
    context = {"study": study, **vars(deletion.deletion_of(study))}
    return render(request, "finetune/studies/delete.html", context)


@never_cache
@signed_in
@require_POST
def study_share(request: SiteRequest, public_id: str) -> HttpResponse:
    """The answer itself carries the link: it is stored nowhere, not even in the session."""
    study = study_get(request.user, public_id)
    try:
        _link, token = links.link_create(study=study, user=request.user)
    except StudioError as error:
        messages.warning(request, error.message)
        return redirect("study", public_id)
    address = request.build_absolute_uri(reverse("study-shared", args=[token]))
    return page_answer(request, study, link=address)


@signed_in
@require_POST
def study_unshare(request: SiteRequest, public_id: str, link_id: str) -> HttpResponse:
    study = study_get(request.user, public_id)
    links.link_revoke(link=get_object_or_404(links.links_open(study), public_id=link_id))
    messages.success(request, _("The link is revoked."))
    return redirect(reverse("study", args=[public_id]) + "#share")
