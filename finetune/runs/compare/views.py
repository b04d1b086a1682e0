"""Runs beside one another as a page, and its table as a file. The address is the comparison."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from finetune.downloads import text_answer
from finetune.runs.circuits import circuit_of_run
from finetune.runs.drawings import picture_ready
from finetune.runs.models import Run
from finetune.runs.selectors import run_list_for
from finetune.teams.access import SiteRequest, in_team
from finetune.text import csv_text

from . import results
from .comparison import (
    MOST,
    Compared,
    compared,
    differences,
    ids_of,
    lines,
    runs_named,
    settings_flat,
    values_by_step,
)
from .meaning import meaning_of

OFFERED = 50  # newest runs that can be added


@never_cache
@in_team
@require_safe
def compare(request: SiteRequest) -> HttpResponse:
    """Any runs of this person's teams; a form's many fields become the one address to share."""
    given = request.GET.getlist("runs")
    names = ids_of(given)
    if len(given) > 1:
        return redirect(f"{reverse('run-compare')}?{address(names)}")
    runs = runs_named(request.user, names)
    if names and not runs:
        raise Http404
    chosen = runs[:MOST]
    items = compared(chosen)
    meaning = meaning_of(chosen)
    drawn = lines(items)
    others = run_list_for(request.team).exclude(public_id__in=names)
    query = address([run.public_id for run in chosen])
    differing = differences(chosen)
    context = {
        "items": items,
        "lines": drawn,
        "values": values_by_step(drawn),
        "has_circuit": any(circuit_of_run(run) for run in chosen),
        "tables": [
            (title, rows)
            for title, facts in results.TABLES
            if (rows := results.rows_of(facts, chosen, alike=meaning.alike))
        ],
        "pictures": pictures(items),
        "differences": differing,
        "same": len(settings_flat(chosen[0])) - sum(row.is_setting for row in differing)
        if chosen
        else 0,
        "notes": meaning.notes,
        "missing": len(names) - len(runs),
        "left_out": len(runs) - len(chosen),
        "most": MOST,
        "others": others[:OFFERED] if len(chosen) < MOST else [],
        "joined": ",".join(run.public_id for run in chosen),
        "query": query,
        "link": request.build_absolute_uri(f"{request.path}?{query}"),
    }
    return render(request, "finetune/runs/compare/compare.html", context)


def address(names: list[str]) -> str:
    return urlencode({"runs": ",".join(names)}, safe=",")


def pictures(items: list[Compared]) -> list[tuple[list[Compared], Any]]:
    """Each circuit whose picture is there, with the runs that have it."""
    found: dict[str, tuple[list[Compared], Any]] = {}
    for one in items:
        circuit = circuit_of_run(one.run)
        if circuit is not None and picture_ready(circuit):
            found.setdefault(circuit.key, ([], circuit))[0].append(one)
    return list(found.values())


@in_team
@require_safe
def compare_table(request: SiteRequest) -> HttpResponseBase:
    """One row a run: results, use, circuit, and the settings that differ."""
    runs = runs_named(request.user, ids_of(request.GET.getlist("runs")))[:MOST]
    if not runs:
        raise Http404
    return text_answer(
        request,
        iter(["\ufeff", csv_text(table(runs))]),
        content_type="text/csv; charset=utf-8",
        filename="compared-runs.csv",
    )


def table(runs: list[Run]) -> list[list[Any]]:
    differing = [row for row in differences(runs) if row.is_setting]
    facts = [fact for fact in results.ALL if fact.name not in ("state", "change")]
    head = ["id", "name", "state", "base", "data", "held_out_data"]
    rows = [[*head, *(fact.name for fact in facts), *(row.name for row in differing)]]
    for at, run in enumerate(runs):
        held_out = run.validation_dataset
        began = [
            run.public_id,
            run.name,
            run.state,
            run.base.slug,
            run.dataset.name,
            held_out.name if held_out else "",
        ]
        values = [fact.value(run) for fact in facts]
        rows.append([*began, *values, *(row.values[at] for row in differing)])
    return rows
