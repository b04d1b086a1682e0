"""A team's buttons: ask a reviewer, take it back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from finetune.exceptions import StudioError
from finetune.runs.models import Run
from finetune.runs.selectors import run_get
from finetune.teams.access import SiteRequest, signed_in

from . import services


@signed_in
@require_POST
def release_ask(request: SiteRequest, public_id: str) -> HttpResponse:
    run = run_get(request.user, public_id)
    return done(request, run, lambda: services.release_ask(run=run, user=request.user))


@signed_in
@require_POST
def release_withdraw(request: SiteRequest, public_id: str) -> HttpResponse:
    run = run_get(request.user, public_id)
    return done(request, run, lambda: services.release_withdraw(run=run))


def done(request: SiteRequest, run: Run, act: Callable[[], object]) -> HttpResponse:
    """Carry it out, say what was refused, and show the safety part of the run."""
    try:
        act()
    except StudioError as error:
        messages.error(request, error.message)
    return redirect("run-safety", public_id=run.public_id)
