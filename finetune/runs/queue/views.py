"""The queue as a page, and what is asked of a run there: another priority, another seed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import RunRefused
from finetune.runs.form.repeating import run_rerun as rerun
from finetune.runs.selectors import run_get, run_list_for
from finetune.teams.access import SiteRequest, in_team, signed_in

from .line import waiting_of, workers_alive
from .quotas import quotas_of
from .services import run_prioritise


@never_cache
@in_team
@require_safe
def queue(request: SiteRequest) -> HttpResponse:
    """The team's runs at work and waiting, in the order in which they start, and its quotas."""
    context = {
        "runs": waiting_of(run_list_for(request.team)),
        "quotas": [quota for quota in quotas_of(request.team) if quota.most is not None],
        "workers": workers_alive(),
    }
    name = "finetune/runs/queue/_line.html" if request.htmx else "finetune/runs/queue/queue.html"
    return render(request, name, context)


@signed_in
@require_POST
def run_priority(request: SiteRequest, public_id: str) -> HttpResponse:
    """Let a run start before or after others of its team."""
    run = run_get(request.user, public_id)
    try:
        run_prioritise(run=run, by=request.user, priority=request.POST.get("priority", ""))
    except RunRefused as error:
        messages.warning(request, error.message)
    if request.POST.get("back") == "queue":
        return redirect("run-queue")
    return redirect("run", public_id)


@signed_in
@require_POST
def run_rerun(request: SiteRequest, public_id: str) -> HttpResponse:
    """The same run with another seed; where it cannot be made, its own page says why."""
    run = run_get(request.user, public_id)
    try:
        made = rerun(run=run, by=request.user)
    except RunRefused as error:
        messages.warning(request, error.message)
        return redirect("run", public_id)
    messages.success(
        request,
        _("“%(name)s” is on its way, with seed %(seed)s.")
        % {"name": made.name, "seed": made.settings.seed},
    )
    return redirect("run", made.public_id)
