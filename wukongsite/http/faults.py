"""The last handler of an exception: a fault of the machine in the shape that the client speaks.

Every exception that nobody expected ends here, whether a view, a middleware or the reading of the
body raised it, in a thread or on the loop (Django calls `handler500` for all of them; the API's own
handler and the ASGI wrapper ask for the same answer). A bug stays a 500, in the same four shapes.
"""

import json
import sys
from collections.abc import Iterable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from finetune.api.errors import ApiError, fault_error
from finetune.faults import Fault, fault_of

from .entry import refused, wants_json
from .errors import error_of_status, error_response

EVENT = "studio:fault"  # site.js shows its words; what was typed stays where it is
SECRETS = ("password", "secret")  # a form with such a field is not sent back


def on_exception(request: HttpRequest) -> HttpResponse:
    """`handler500`: the exception is the one being handled."""
    error = sys.exc_info()[1]
    fault = fault_of(error)
    if fault is not None:
        return fault_response(request, fault)
    if isinstance(error, DataError):
        return refused(request, value_refusal())
    if wants_json(request):
        return error_response(error_of_status(500, request))
    return server_error(request)


def value_refusal() -> ApiError:
    """What a database says that bounds its columns, as PostgreSQL does and SQLite does not."""
    text = _("Something in the request is longer, or a larger number, than can be kept.")
    return ApiError(400, text, code="value_too_large")


def fault_response(request: HttpRequest, fault: Fault) -> HttpResponse:
    """The API's error object, JSON, an htmx fragment, or a page."""
    if wants_json(request):
        return error_response(fault_error(fault))
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(render_to_string("parts/_fault.html", {"fault": fault}))
        answer["HX-Trigger"] = json.dumps({EVENT: {"message": str(fault.message)}})
    else:
        context = {
            "fault": fault,
            "typed": typed(request),
            "address": request.get_full_path(),
            "csrf_token": get_token(request),
        }
        answer = HttpResponse(render_to_string("fault.html", context))
    answer.status_code = fault.status
    if fault.retry_after:
        answer["Retry-After"] = str(fault.retry_after)
    answer["Cache-Control"] = "no-store"
    return answer


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a plain form sent, so that its page can send it once more; nothing of a secret."""
    if not hasattr(request, "_post") or request.FILES:  # not read: reading it now could fail too
        return []
    pairs: Iterable[tuple[str, list[str]]] = request.POST.lists()
    fields = [(name, value) for name, values in pairs for value in values]
    if any(word in name for name, _ in fields for word in SECRETS):
        return []
    return [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"]
