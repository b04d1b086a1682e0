"""What runs have taken, as a page: by run, API key, person and team."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from finetune.teams.access import SiteRequest, in_team
from finetune.text import whole_number

from .selectors import BY, SPANS, summed, total, totals_by, use_list_for

PAGE = 50


@never_cache
@in_team
@require_safe
def use(request: SiteRequest) -> HttpResponse:
    """The team's use over a span of days; `by` groups it."""
    by = request.GET.get("by", "run")
    by = by if by in BY else "run"
    days = whole_number(request.GET.get("days", "")) or 0
    days = days if days in SPANS else SPANS[0]
    rows = totals_by(by, request.team, request.user, days)
    context = {
        "by": by,
        "ways": BY.items(),
        "days": days,
        "spans": SPANS,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "sum": total("", summed(use_list_for(request.team, days))),
    }
    return render(request, "finetune/runs/use/use.html", context)
