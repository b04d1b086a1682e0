"""The first page: what is running, what to do next, what came out."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetune.selectors.home import home_for
from finetune.selectors.teams import invitations_for

from .access import SiteRequest, in_team


@in_team
@require_safe
def home(request: SiteRequest) -> HttpResponse:
    context = {"home": home_for(request.team), "invitations": invitations_for(request.user)}
    name = "finetune/_home.html" if request.htmx else "finetune/home.html"
    return render(request, name, context)
