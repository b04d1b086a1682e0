"""Which page somebody without an account gets, and how many messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from chat.visitors.selectors import visitors_welcome
from chat.visitors.services import SESSION_KEY, address_of, message_allowed
from finetune.teams.access import SiteRequest

View = Callable[..., HttpResponseBase]
TOO_MANY = gettext_lazy(
    "That is as much as a visitor can write in a quarter of an hour. Wait a little; what you wrote "
    "is kept. If it cannot wait, the help lines are open."
)


def or_visitor(view: View, visitors_view: View) -> View:
    """The members' page for members, the visitors' for visitors and for who may become one."""

    @wraps(view)
    def chosen(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.session.get(SESSION_KEY):
            return visitors_view(request, *args, **kwargs)
        if not request.user.is_authenticated and visitors_welcome():
            return redirect("chat-consent")
        return view(request, *args, **kwargs)

    return chosen


def limited(view: View) -> View:
    """Refuse a visitor's message beyond what one may write; members pass."""

    @wraps(view)
    def counted(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or not request.session.get(SESSION_KEY):
            return view(request, *args, **kwargs)
        if message_allowed(user=request.user, address=address_of(request)):
            return view(request, *args, **kwargs)
        if request.headers.get("x-requested-with") == "fetch":
            error = {"message": str(TOO_MANY), "code": "too_many_messages", "field": "text"}
            return JsonResponse({"error": error}, status=429)
        messages.error(request, TOO_MANY)
        return redirect("chat")

    return counted
