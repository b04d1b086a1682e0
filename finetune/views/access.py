"""Who may open a page: the two guards that every view of the site stands behind."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from finetune.models import Team, User
from finetune.selectors.teams import invitations_for

View = Callable[..., HttpResponseBase]


class SiteRequest(HttpRequest):
    """What a view behind these guards gets: the middleware's additions, and a real person."""

    user: User
    team: Team
    htmx: HtmxDetails


def signed_in(view: View) -> View:
    """Ask for a sign-in first. A fragment request sends the whole page there, not the fragment."""

    @wraps(view)
    def guarded(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.htmx:
            back = redirect_to_login(request.htmx.current_url_abs_path or "/")
            return HttpResponseClientRedirect(back.url)
        return redirect_to_login(request.get_full_path())

    return guarded


def in_team(view: View) -> View:
    """Ask for a sign-in and a team; a person without a team is told how to get one."""

    @signed_in
    @wraps(view)
    def guarded(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.team:
            return view(request, *args, **kwargs)
        context = {"invitations": invitations_for(request.user)}
        return render(request, "finetune/team_none.html", context, status=403)

    return guarded
