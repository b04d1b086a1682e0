"""The audit log of a team, for its owners: a page with filters, and the same as a table."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetune.console.lists import CappedPaginator
from finetune.downloads import text_answer
from finetune.teams.access import SiteRequest, in_team
from finetune.teams.views import owner_only

from .actions import GROUPS, words_of
from .selectors import Filters, audit_csv, audit_list_for, people_in, who_of
from .services import audit_write

PAGE = 50


@in_team
@require_safe
def audit(request: SiteRequest) -> HttpResponse:
    owner_only(request)
    filters = Filters.of(request.GET)
    everything = audit_list_for(request.team)
    page = CappedPaginator(filters.rows(everything), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(entry, who_of(entry), words_of(entry)) for entry in page],
        "filters": filters,
        "people": people_in(everything),
        "groups": [(name, label) for name, (label, _prefixes) in GROUPS.items()],
    }
    name = "finetune/teams/_audit.html" if request.htmx else "finetune/teams/audit.html"
    return render(request, name, context)


@in_team
@require_safe
def audit_table(request: SiteRequest) -> HttpResponseBase:
    """Every entry that the page shows with the same filters; that it was taken is one more."""
    owner_only(request)
    rows = Filters.of(request.GET).rows(audit_list_for(request.team))
    audit_write("audit.exported", team=request.team)
    return text_answer(
        request,
        audit_csv(rows),
        content_type="text/csv; charset=utf-8",
        filename=f"{request.team.slug}-audit.csv",
    )
