"""Who may open a page, and where they come from and may be sent back to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from .models import Team, User
from .selectors import invitations_for

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
        return render(request, "finetune/teams/none.html", context, status=403)

    return guarded


def way_back(request: HttpRequest, address: str) -> str:
    """The address of this site that a form names to go on to; empty for one of another site.

    Raises:
        BadRequest: it is no address at all ("abc").
    """
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if safe and not address.startswith(("/", "http://", "https://")):
        raise BadRequest(_("next: must be an address of this site and begin with a slash."))
    return address if safe else ""
