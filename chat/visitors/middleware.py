"""A visitor sees the chat and nothing else of the site, whatever a page's own guard says."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from chat.visitors.services import SESSION_KEY

OPEN = ("/chat/", "/health", "/language/")
CLOSED = ("/chat/assistants/", "/chat/personas/")


class VisitorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.is_visitor = bool(request.session.get(SESSION_KEY))  # type: ignore[attr-defined]
        if not request.is_visitor:  # type: ignore[attr-defined]
            return self.get_response(request)
        if not settings.ANONYMOUS_CHAT:  # switched off since
            logout(request)
            return redirect(settings.LOGIN_URL)
        path = request.path_info
        if path.startswith(OPEN) and not path.startswith(CLOSED):
            return self.get_response(request)
        if path == "/":
            return redirect("chat")
        raise Http404("This is not there for visitors.")
