"""The first page: what is running, what to do next, what came out."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetune.teams.access import SiteRequest, in_team
from finetune.teams.selectors import invitations_for

from .selectors import home_for


@in_team
@require_safe
def home(request: SiteRequest) -> HttpResponse:
    context = {"home": home_for(request.team), "invitations": invitations_for(request.user)}
    name = "finetune/home/_home.html" if request.htmx else "finetune/home/home.html"
    return render(request, name, context)
