"""The list of runs, one run's page with its parts, and what people can ask of a run."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.downloads import text_answer
from finetune.exceptions import RunRefused
from finetune.paging import KeyPaginator
from finetune.runs import services
from finetune.runs.circuits import circuit_of_run
from finetune.runs.drawings import picture_ready
from finetune.runs.models import Run
from finetune.runs.selectors import run_counts, run_get, run_list_for
from finetune.teams.access import in_team, signed_in
from finetune.text import whole_number

from . import downloads as run_downloads
from . import facts as run_pages
from .curves import run_series
from .records import log_lines, sample_replies

PER_PAGE = 20
JOBS = 12  # newest jobs on quantum machines
FILTERS = {
    "active": ("Active", (*Run.ACTIVE, Run.State.PAUSED)),
    "succeeded": ("Succeeded", (Run.State.SUCCEEDED,)),
    "failed": ("Failed", (Run.State.FAILED,)),
    "cancelled": ("Cancelled", (Run.State.CANCELLED,)),
}
ACTIONS = {
    "cancel": services.run_cancel,
    "pause": services.run_pause,
    "resume": services.run_resume,
    "requeue": services.run_requeue,
}
BUTTONS = (
    ("resume", "Resume", "next"),
    ("requeue", "Queue again", "again"),
    ("pause", "Pause", "pause"),
    ("cancel", "Cancel", "stop"),
)
SMALL_CHARTS = (  # series, title, whether it is about the circuit
    ("accuracy", "Accuracy of the next token", False),
    ("circuit_gradient_variance", "Circuit gradient variance", True),
    ("circuit_entanglement", "Entanglement of the circuits", True),
    ("learning_rate", "Learning rate", False),
    ("grad_norm", "Gradient norm", False),
    ("tokens_per_second", "Tokens per second", False),
    ("memory_mb", "Memory, MB", False),
)


@in_team
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """The team's runs, newest first; while one is active the list keeps itself fresh."""
    everything = run_list_for(request.team)  # type: ignore[attr-defined]
    chosen = request.GET.get("state", "")
    rows = everything.filter(state__in=FILTERS[chosen][1]) if chosen in FILTERS else everything
    counts = run_counts(request.team)  # type: ignore[attr-defined]
    total = sum(counts.values())
    filters = [
        (name, label, sum(counts[state] for state in states))
        for name, (label, states) in FILTERS.items()
    ]
    shown = {name: count for name, _, count in filters}.get(chosen, total)
    context = {
        "page": KeyPaginator(rows, PER_PAGE, shown).get_page(request.GET.get("page")),
        "chosen": chosen if chosen in FILTERS else "",
        "filters": filters,
        "total": total,
        "live": any(counts[state] for state in Run.ACTIVE),
        "here": request.get_full_path(),
    }
    name = "finetune/runs/_runs.html" if request.htmx else "finetune/runs/runs.html"  # type: ignore[attr-defined]
    return render(request, name, context)


@never_cache
@signed_in
@require_safe
def run(request: HttpRequest, public_id: str) -> HttpResponse:
    """One run. The cursor is read before the curves: what comes twice is harmless, a gap is not."""
    found = run_get(request.user, public_id)  # type: ignore[arg-type]
    cursor = found.last_seq
    series = run_series(found)
    circuit = circuit_of_run(found)
    return render(
        request,
        "finetune/runs/run.html",
        {
            "run": found,
            "actions": BUTTONS,
            "small_charts": [chart for chart in SMALL_CHARTS if circuit or not chart[2]],
            "series": {"cursor": cursor, "columns": run_pages.rounded(series)},
            "rows": run_pages.table_rows(series),
            "replies": sample_replies(found, whole_number(request.GET.get("replies"))),
            "log": log_lines(found),
            "circuit": circuit,
            "quantum_jobs": found.quantum_jobs.defer("payload", "result")[:JOBS]
            if found.spending
            else [],
            "picture_ready": circuit is not None and picture_ready(circuit),
            "settings_groups": run_pages.settings_of(found),
            "code": run_pages.code_of(found, request.build_absolute_uri("/v1")),
        },
    )


@never_cache
@signed_in
@require_safe
def run_part(request: HttpRequest, public_id: str, part: str) -> HttpResponse:
    """A part of the page that grows with the run: `samples`, `table`, or earlier `lines`."""
    found = run_get(request.user, public_id)  # type: ignore[arg-type]
    before = whole_number(request.GET.get("before"))
    context: dict[str, Any] = {"run": found}
    if part == "samples":
        context["replies"] = sample_replies(found, before)
    elif part == "lines":
        context["log"] = log_lines(found, before)
    elif part == "table":
        context["rows"] = run_pages.table_rows(run_series(found))
    return render(request, f"finetune/_run_{part}.html", context)


def run_act(request: HttpRequest, public_id: str, action: str) -> HttpResponse:
    """Ask something of a run; a run in the wrong state says so and nothing changes."""
    found = run_get(request.user, public_id)  # type: ignore[arg-type]
    refused = ""
    try:
        ACTIONS[action](run=found, by=request.user)  # type: ignore[arg-type]
    except RunRefused as error:
        refused = error.message
    if request.htmx:  # type: ignore[attr-defined]
        fresh = run_get(request.user, public_id)  # type: ignore[arg-type]
        context = {"run": fresh, "refused": refused}
        return render(
            request, "finetune/runs/_status.html", context, status=409 if refused else 200
        )
    if refused:
        messages.warning(request, refused)
    return redirect("run", public_id)


@signed_in
@require_POST
def run_cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "cancel")


@signed_in
@require_POST
def run_pause(request: HttpRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "pause")


@signed_in
@require_POST
def run_resume(request: HttpRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "resume")


@signed_in
@require_POST
def run_requeue(request: HttpRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "requeue")


@signed_in
@require_safe
def run_code(request: HttpRequest, public_id: str) -> HttpResponse:
    """The run's settings as the `config.json` that `python -m finetune.training` takes."""
    found = run_get(request.user, public_id)  # type: ignore[arg-type]
    answer = HttpResponse(run_pages.config_json(found), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="config.json"'
    return answer


@signed_in
@require_safe
def run_metrics(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Every step as CSV."""
    found = run_get(request.user, public_id)  # type: ignore[arg-type]
    return text_answer(
        request,
        run_downloads.metrics_csv(found),
        content_type="text/csv; charset=utf-8",
        filename=f"{found.public_id}.csv",
    )


@signed_in
@require_safe
def run_log(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The whole log as text, one line an event."""
    found = run_get(request.user, public_id)  # type: ignore[arg-type]
    text = run_downloads.log_text(found)
    return text_answer(request, text, content_type="text/plain; charset=utf-8")
