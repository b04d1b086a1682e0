"""A study for whoever has its link: no account, no names of people, nothing of the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from finetune.studies.exceptions import StudyRefused
from finetune.studies.links import study_shared as study_of
from finetune.studies.models import Study

from .data import sort_of, study_page
from .report import report_page

View = Callable[[HttpRequest, Study, str], HttpResponse]


def with_link(view: View) -> Callable[..., HttpResponse]:
    """Find the study behind the token. Not for search engines, nor for a cache."""

    @never_cache
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        try:
            study = study_of(token, address=request.META.get("REMOTE_ADDR", ""))
        except StudyRefused as error:
            answer = render(request, "finetune/studies/too_often.html", {"reason": error.message})
            answer.status_code = 429
            answer["Retry-After"] = "60"
        else:
            answer = view(request, study, token)
        answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    return guarded


@with_link
def study_shared(request: HttpRequest, study: Study, token: str) -> HttpResponse:
    """The page, read only."""
    context: dict[str, Any] = {
        **study_page(study, sort=sort_of(request.GET.get("sort", ""))),
        "asked_test": request.GET.get("sort") == "test",
        "shared": True,
        "token": token,
    }
    name = "page/_live.html" if getattr(request, "htmx", False) else "shared.html"
    return render(request, f"finetune/studies/{name}", context)


@with_link
def study_shared_report(request: HttpRequest, study: Study, token: str) -> HttpResponse:
    """The report as one file."""
    return report_page(request, study, shared=True)
