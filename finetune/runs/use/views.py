"""What runs have taken, as a page: by run, API key, person and team."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from finetune.teams.access import SiteRequest, in_team
from finetune.text import whole_number

from .selectors import (
    BY,
    SPANS,
    of_run,
    summed,
    total,
    totals_by,
    use_list_for,
    use_rows,
)

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
    team = request.team
    rows: Any = use_rows(team, days) if by == "run" else totals_by(by, team, request.user, days)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "by": by,
        "ways": BY.items(),
        "days": days,
        "spans": SPANS,
        "page": page,
        "rows": [of_run(row) for row in page] if by == "run" else page,
        "sum": total("", summed(use_list_for(request.team, days))),
    }
    return render(request, "finetune/runs/use/use.html", context)
