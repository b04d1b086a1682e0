"""The language of the interface: English or Chinese, by a cookie, or else as the browser says.

The API and the administrators' console stay English, whatever a browser asks for. Words are in
`wukongsite/locale/`; how to add some stands in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import JavaScriptCatalog
from django.views.i18n import set_language as switch_of_django

ENGLISH = ("/v1/", "/mcp", "/admin/", "/health")
SOCKETS = {"ws": "http", "wss": "https"}


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, kept away from what programs read and from the console."""

    def process_request(self, request: HttpRequest) -> None:
        if is_english(request.path_info):
            translation.activate(settings.LANGUAGE_CODE)
        else:
            super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if is_english(request.path_info):
            return response
        return super().process_response(request, response)


def is_english(path: str) -> bool:
    return path.startswith(ENGLISH)


def language_of_scope(scope: Any) -> str:
    """The language of a connection that Django's middleware does not see, such as a websocket."""
    scheme = SOCKETS.get(scope.get("scheme", ""), scope.get("scheme", "http"))
    request = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())
    return translation.get_language_from_request(request)


class InLanguage:
    """ASGI wrapper: what a websocket sends is in the language of the page that opened it."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        translation.activate(language_of_scope(scope))  # each connection has a context of its own
        await self.application(scope, receive, send)


# Its form carries no token: it stands on pages that set no cookie (help lines, a shared note) and
# on pages of errors, which have none to give. All that another site could do with it is to change
# the language in which this browser reads the pages.
@csrf_exempt
def language_switch(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back to the page."""
    return switch_of_django(request)


class PageWords(JavaScriptCatalog):
    """The words of the scripts, as a script; by address, so that a browser keeps each language."""

    def get(self, request: HttpRequest, language: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if language not in dict(settings.LANGUAGES):
            raise Http404("There are no words of this language.")
        with translation.override(language):
            return super().get(request, *args, **kwargs)


page_words = cache_control(public=True, max_age=3600)(PageWords.as_view())
