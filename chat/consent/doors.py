"""No message without consent: what stands before every page on which one can be sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy

from chat.consent.services import consent_given
from finetune.teams.access import SiteRequest

View = Callable[..., HttpResponseBase]
ASKED_AGAIN = gettext_lazy(
    "Before the next message, please read what talking here means: the text has changed, or you "
    "have taken your agreement back. What you wrote is kept here; open the chat in a new tab to "
    "read it."
)


def consented(view: View) -> View:
    """Ask for consent first. Who is not signed in is the view's own to refuse."""

    @wraps(view)
    def guarded(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated or consent_given(request.user):
            return view(request, *args, **kwargs)
        if request.headers.get("x-requested-with") == "fetch":
            error = {"message": str(ASKED_AGAIN), "code": "consent_needed", "field": ""}
            return JsonResponse({"error": error}, status=403)
        back = request.get_full_path() if request.method == "GET" else reverse("chat")
        return redirect(f"{reverse('chat-consent')}?{urlencode({'next': back})}")

    return guarded
