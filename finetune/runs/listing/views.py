"""The list of runs as a page, and as a table."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetune.downloads import text_answer
from finetune.paging import KeyPaginator
from finetune.runs.compare.comparison import MOST
from finetune.runs.models import Run
from finetune.runs.selectors import run_counts, run_list_for
from finetune.teams.access import SiteRequest, in_team

from .filters import STATES, RunFilters
from .table import runs_csv

PER_PAGE = 20


@in_team
@require_safe
def runs(request: SiteRequest) -> HttpResponse:
    """The team's runs; while one is active the list keeps itself fresh."""
    everything = run_list_for(request.team)
    form = RunFilters(request.GET, team=request.team)
    counts = run_counts(request.team)
    live, any_at_all = any(counts[state] for state in Run.ACTIVE), bool(sum(counts.values()))
    if form.narrowing:
        states = form.without_state(everything).order_by().values_list("state")
        counts = Counter(dict(states.annotate(Count("pk"))))
    total = sum(counts.values())
    tabs = [
        (name, words, sum(counts[state] for state in states))
        for name, (words, states) in STATES.items()
    ]
    chosen = form.given.get("state", "")
    shown = {name: count for name, _, count in tabs}.get(chosen, total)
    page = KeyPaginator(form.rows(everything), PER_PAGE, shown).get_page(request.GET.get("page"))
    query = form.query()
    context = {
        "page": page,
        "form": form,
        "chosen": chosen,
        "filters": tabs,
        "total": total,
        "any_at_all": any_at_all,
        "live": live,
        "query": f"{query}&" if query else "",
        "rest": form.query(state=""),
        "here": f"{request.path}?{form.query(page=str(page.number))}",
        "picked": request.GET.getlist("runs"),
        "most": MOST,
    }
    name = "finetune/runs/_runs.html" if request.htmx else "finetune/runs/runs.html"
    return render(request, name, context)


@in_team
@require_safe
def runs_table(request: SiteRequest) -> HttpResponseBase:
    """Every run that the list shows with the same filters, not only one page of them."""
    form = RunFilters(request.GET, team=request.team)
    return text_answer(
        request,
        runs_csv(form.rows(run_list_for(request.team))),
        content_type="text/csv; charset=utf-8",
        filename=f"{request.team.slug}-runs.csv",
    )
