"""One run's page with its parts, and what people can ask of a run."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.downloads import text_answer
from finetune.exceptions import RunRefused
from finetune.runs import services
from finetune.runs.checkpoints import checkpoints_of
from finetune.runs.circuits import circuit_of_run
from finetune.runs.drawings import picture_ready
from finetune.runs.queue.line import place_of
from finetune.runs.selectors import run_get
from finetune.teams.access import SiteRequest, signed_in
from finetune.text import whole_number

from . import downloads as run_downloads
from . import facts as run_pages
from .curves import learns_preferences, run_series
from .records import log_lines, sample_replies

JOBS = 12  # newest jobs on quantum machines
ACTIONS = {
    "cancel": services.run_cancel,
    "pause": services.run_pause,
    "resume": services.run_resume,
    "requeue": services.run_requeue,
}
BUTTONS = (
    ("resume", gettext_lazy("Resume"), "next"),
    ("requeue", gettext_lazy("Queue again"), "again"),
    ("pause", gettext_lazy("Pause"), "pause"),
    ("cancel", gettext_lazy("Cancel"), "stop"),
)
SMALL_CHARTS = (  # series, title, whether it is about the circuit
    ("accuracy", gettext_lazy("Accuracy of the next token"), False),
    ("circuit_gradient_variance", gettext_lazy("Circuit gradient variance"), True),
    ("circuit_entanglement", gettext_lazy("Entanglement of the circuits"), True),
    ("learning_rate", gettext_lazy("Learning rate"), False),
    ("grad_norm", gettext_lazy("Gradient norm"), False),
    ("tokens_per_second", gettext_lazy("Tokens per second"), False),
    ("memory_mb", "Memory, MB", False),
)
PREFERENCE_CHARTS = (
    ("rewards", gettext_lazy("Rewards of both replies"), False),
    ("margins", gettext_lazy("Margin between the rewards"), False),
    ("accuracy", gettext_lazy("Pairs told apart rightly"), False),
    *SMALL_CHARTS[1:],
)


@never_cache
@signed_in
@require_safe
def run(request: SiteRequest, public_id: str) -> HttpResponse:
    """One run. The cursor is read before the curves: what comes twice is harmless, a gap is not."""
    run = run_get(request.user, public_id)
    cursor = run.last_seq
    series = run_series(run)
    circuit = circuit_of_run(run)
    return render(
        request,
        "finetune/runs/run.html",
        {
            "run": run,
            "actions": BUTTONS,
            "small_charts": [
                chart
                for chart in (PREFERENCE_CHARTS if learns_preferences(run) else SMALL_CHARTS)
                if circuit or not chart[2]
            ],
            "series": {"cursor": cursor, "columns": run_pages.rounded(series)},
            "rows": run_pages.table_rows(series),
            "replies": sample_replies(run, whole_number(request.GET.get("replies"))),
            "log": log_lines(run),
            "checkpoints": checkpoints_of(run),
            "place": place_of(run),
            "circuit": circuit,
            "quantum_jobs": run.quantum_jobs.defer("payload", "result")[:JOBS]
            if run.spending
            else [],
            "picture_ready": circuit is not None and picture_ready(circuit),
            "settings_groups": run_pages.settings_of(run),
            "code": run_pages.code_of(run, request.build_absolute_uri("/v1")),
        },
    )


@never_cache
@signed_in
@require_safe
def run_part(request: SiteRequest, public_id: str, part: str) -> HttpResponse:
    """A part of the page that changes with the run: `samples`, `table`, earlier `lines`,
    `checkpoints`, or its `place` in the queue."""
    run = run_get(request.user, public_id)
    before = whole_number(request.GET.get("before"))
    context: dict[str, Any] = {"run": run}
    if part == "samples":
        context["replies"] = sample_replies(run, before)
    elif part == "lines":
        context["log"] = log_lines(run, before)
    elif part == "checkpoints":
        context["checkpoints"] = checkpoints_of(run)
    elif part == "place":
        context["place"] = place_of(run)
    elif part == "table":
        context["rows"] = run_pages.table_rows(run_series(run))
    return render(request, f"finetune/runs/_{part}.html", context)


def run_act(request: SiteRequest, public_id: str, action: str) -> HttpResponse:
    """Ask something of a run; a run in the wrong state says so and nothing changes."""
    run = run_get(request.user, public_id)
    refused = ""
    try:
        ACTIONS[action](run=run, by=request.user)
    except RunRefused as error:
        refused = error.message
    if request.htmx:
        fresh = run_get(request.user, public_id)
        context = {"run": fresh, "refused": refused}
        return render(
            request, "finetune/runs/_status.html", context, status=409 if refused else 200
        )
    if refused:
        messages.warning(request, refused)
    return redirect("run", public_id)


@signed_in
@require_POST
def run_cancel(request: SiteRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "cancel")


@signed_in
@require_POST
def run_pause(request: SiteRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "pause")


@signed_in
@require_POST
def run_resume(request: SiteRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "resume")


@signed_in
@require_POST
def run_requeue(request: SiteRequest, public_id: str) -> HttpResponse:
    return run_act(request, public_id, "requeue")


@signed_in
@require_safe
def run_code(request: SiteRequest, public_id: str) -> HttpResponse:
    """The run's settings as the `config.json` that `python -m finetune.training` takes."""
    run = run_get(request.user, public_id)
    answer = HttpResponse(run_pages.config_json(run), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="config.json"'
    return answer


@signed_in
@require_safe
def run_metrics(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """Every step as CSV."""
    run = run_get(request.user, public_id)
    return text_answer(
        request,
        run_downloads.metrics_csv(run),
        content_type="text/csv; charset=utf-8",
        filename=f"{run.public_id}.csv",
    )


@signed_in
@require_safe
def run_log(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """The whole log as text, one line an event."""
    run = run_get(request.user, public_id)
    text = run_downloads.log_text(run)
    return text_answer(request, text, content_type="text/plain; charset=utf-8")
