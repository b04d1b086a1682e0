"""Pages of probings: a part of a run's page, and one with every answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.runs.assistants import (
    Assistant,
    assistant_of_base,
    assistant_of_checkpoint,
    assistant_of_run,
)
from finetune.runs.checkpoints import Checkpoint
from finetune.runs.models import Run
from finetune.runs.publishing import checkpoint_publish
from finetune.runs.selectors import run_get
from finetune.teams.access import SiteRequest, signed_in
from finetune.text import whole_number

from . import services
from .results import as_json
from .selectors import probe_run_get, safety_of


@never_cache
@signed_in
@require_safe
def run_safety(request: SiteRequest, public_id: str) -> HttpResponse:
    """The safety part of a run's page: as a fragment for it, or as a page of its own."""
    run = run_get(request.user, public_id)
    template = "chat/reviews/_safety.html" if request.htmx else "chat/reviews/safety.html"
    return render(
        request, template, {"run": run, "safety": safety_of(run), "release": run.releases.first()}
    )


@signed_in
@require_POST
def probes_ask(request: SiteRequest, public_id: str) -> HttpResponse:
    """Queue a probing of a run's end, one of its checkpoints, or its base."""
    run = run_get(request.user, public_id)
    chosen = request.POST.get("step", "")
    try:
        assistant, step = assistant_chosen(run, chosen)
        services.probe_run_start(team=run.team, user=request.user, assistant=assistant, step=step)
    except StudioError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The probes are being asked of {assistant.title}.")
    return redirect("run-safety", public_id=public_id)


def assistant_chosen(run: Run, chosen: str) -> tuple[Assistant, int | None]:
    """Whom a form's choice means: "base", a step, or nothing for the run's end.

    Raises:
        StudioError: there is no such assistant.
    """
    if chosen == "base":
        return assistant_of_base(run.base), None
    step = whole_number(chosen) if chosen else None
    if step is not None:
        checkpoint = Checkpoint(run, step)
        if not checkpoint_publish(checkpoint):
            raise StudioError(f"The checkpoint of step {step} is not kept any more.", code="gone")
        return assistant_of_checkpoint(checkpoint), step
    assistant = assistant_of_run(run)
    if assistant is None:
        raise StudioError(
            "This run has not made an assistant, or it was taken back.", code="no_assistant"
        )
    return assistant, None


@never_cache
@signed_in
@require_safe
def probe_run(request: SiteRequest, public_id: str) -> HttpResponse:
    """Every answer of a probing; `?only=unsafe` those that hold an unsafe sentence."""
    found = probe_run_get(request.user, public_id)
    answers = found.answers.all()
    only_unsafe = request.GET.get("only") == "unsafe"
    context: dict[str, Any] = {
        "probe_run": found,
        "answers": answers.exclude(held="") if only_unsafe else answers,
        "only_unsafe": only_unsafe,
        "asked": services.words_of_probes(),
        "answered": answers.count(),
        "unsafe": answers.exclude(held="").count(),
    }
    return render(request, "chat/reviews/probe_run.html", context)


@signed_in
@require_POST
def probe_run_cancel(request: SiteRequest, public_id: str) -> HttpResponse:
    found = probe_run_get(request.user, public_id)
    if not services.probe_run_cancel(probe_run=found):
        messages.error(request, "This probing has ended already.")
    return redirect("probe-run", public_id=public_id)


@signed_in
@require_safe
def answers_json(request: SiteRequest, public_id: str) -> HttpResponse:
    found = probe_run_get(request.user, public_id)
    if found.is_open:
        raise Http404("It has not ended yet.")
    answer = JsonResponse(as_json(found), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{found.public_id}.json"'
    return answer
