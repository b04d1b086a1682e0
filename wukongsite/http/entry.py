"""The door of the site: addresses, queries and forms hold text, or the request is refused.

What text is says `finetune.text`. Pages are looked at here, before any view; bodies of the API when
they are parsed, after its key. Views may raise Django's `BadRequest` with words of their own: every
such refusal ends in `bad_request`, in the shape that the client speaks.
"""

import codecs

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from finetune.api.errors import ApiError
from finetune.text import TextRefused, text_problem

from .errors import error_response, is_api, refusal_of

UNREADABLE = (TextRefused, BadRequest, SuspiciousOperation, MultiPartParserError)
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
CHARSETS = frozenset({"utf-8", "ascii"})
SCRIPTS = frozenset({"fetch", "XMLHttpRequest"})


class TextMiddleware(MiddlewareMixin):
    """Refuse what is no text: in an address (404), a query (400) or the form of a page (422, as
    every form that cannot be taken)."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if text_problem(request.path_info):
            raise Http404("No address has a null character in it.")
        try:
            charset_check(request)
            fields_check(request.GET)
            form = QueryDict() if is_api(request) else request.POST
        except UNREADABLE as error:
            return bad_request(request, error)
        try:
            fields_check(form)
        except TextRefused as error:
            return refused(
                request, ApiError(422, error.message, code=error.code, param=error.param)
            )
        return None


def fields_check(fields: QueryDict) -> None:
    """Look at every name and value of a query or a form.

    Raises:
        TextRefused: with the field's name.
    """
    for name, values in fields.lists():
        if problem := text_problem(name):
            raise TextRefused(f"The name of a field {problem}.")
        for value in values:
            if problem := text_problem(value):
                raise TextRefused(f"{name}: {problem}.", param=name)


def charset_check(request: HttpRequest) -> None:
    """Everything is read as UTF-8: a form in another charset is refused, JSON has no other."""
    name = (request.content_params or {}).get("charset")
    if not name:
        return
    if request.content_type in FORMS and charset(name) not in CHARSETS:
        raise BadRequest(f"charset: {name[:40]!r} is not read here. Send the form as UTF-8.")
    request.encoding = None  # type: ignore[assignment]  # as Django itself has it


def charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asked: the API's, a script of our own pages, or one that says so."""
    if is_api(request) or request.headers.get("x-requested-with") in SCRIPTS:
        return True
    preferred = request.get_preferred_type(["text/html", "application/json"])
    return preferred == "application/json"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: what could not be read and why."""
    if isinstance(exception, SuspiciousOperation):
        request._mark_post_parse_error()  # type: ignore[attr-defined]  # nobody reads it again
    return refused(request, refusal_of(exception))


def refused(request: HttpRequest, error: ApiError) -> HttpResponse:
    """A refusal as the API's error object or as a page."""
    if wants_json(request):
        return error_response(error)
    context = {"reason": error.message, "too_large": error.status == 413}
    return render(request, "400.html", context, status=error.status)
