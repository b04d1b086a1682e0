"""Trying a step from the run form, and what came of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import RunRefused
from finetune.runs.form.estimates import run_plan
from finetune.runs.form.form import RunForm
from finetune.runs.form.views import form_page
from finetune.teams.access import SiteRequest, in_team, signed_in

from .models import Trial
from .selectors import trial_get
from .services import trial_create

FRAGMENT = "finetune/runs/trial/_trial.html"


@in_team
@require_POST
def run_try(request: SiteRequest) -> HttpResponse:
    """Queue one step of what the form says; without JavaScript the form comes again with it."""
    form = RunForm(request.POST, team=request.team)
    made, refused = None, ""
    if form.is_valid():
        try:
            made = trial_create(choice=form.choice, plan=run_plan(form.choice), user=request.user)
        except RunRefused as error:
            refused = error.message
    else:
        refused = " ".join(dict.fromkeys(str(one[0]) for one in form.errors.values()))
    if not request.htmx:
        return form_page(request, form, refused=refused)
    return render(request, FRAGMENT, {"trial": made, "refused": refused})


@never_cache
@signed_in
@require_safe
def trial(request: SiteRequest, public_id: str) -> HttpResponse:
    """The fragment that follows a trial; when it is done it has the summary counted again."""
    found = trial_get(request.user, public_id)
    fresh = found.state == Trial.State.DONE
    return render(request, FRAGMENT, {"trial": found, "fresh": fresh})
