"""Every failure under /v1, and at /mcp, in one JSON shape, whichever layer it comes from.

The API's own handlers (`wukongsite.api.handlers`) serve what is raised inside it; the middleware
here serves what Django or another middleware answers before or after it (unknown routes, wrong
methods, bad hosts, crashes).
"""

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from finetune.api.errors import BODY_TOO_LARGE, ApiError
from finetune.text import TextRefused

PREFIX, TOOLS = "/v1", "/mcp"
CODES = {
    400: "bad_request",
    401: "invalid_api_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: BODY_TOO_LARGE,
    429: "rate_limit_exceeded",
}


def is_api(request: HttpRequest) -> bool:
    path = request.path_info
    return path in (PREFIX, TOOLS) or path.startswith(PREFIX + "/")


def error_response(error: ApiError) -> JsonResponse:
    return JsonResponse(error.as_json(), status=error.status, headers=error.headers)


def error_of_status(status: int, request: HttpRequest) -> ApiError:
    where = f"{request.method} {request.path_info[:200]}"
    texts = {
        404: f"{where}: there is no such endpoint. The list is at /v1/docs.",
        405: f"{where}: this method is not allowed here. The list is at /v1/docs.",
    }
    phrase = HTTPStatus(status).phrase
    text = texts.get(status, f"{where}: {phrase.lower()}.")
    if status >= 500:
        text = (
            "The studio failed to answer. It is in its log under this request's id: "
            f"{getattr(request, 'id', 'unknown')}."
        )
    return ApiError(status, text, code=CODES.get(status, phrase.lower().replace(" ", "_")))


def refusal_of(error: Exception) -> ApiError:
    """Why a request could not be read, in words: the same for the API and for pages."""
    if isinstance(error.__cause__, TextRefused):
        error = error.__cause__
    if isinstance(error, TextRefused):
        return ApiError(400, error.message, code=error.code, param=error.param or None)
    if isinstance(error, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 2**20
        text = _("The body is larger than the limit of %(number)s MB; only files may be larger.")
        text %= {"number": f"{most:g}"}
        return ApiError(413, text, code=BODY_TOO_LARGE)
    if isinstance(error, TooManyFieldsSent):
        text = _("The request has more than %(number)d fields or parameters.")
        text %= {"number": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}
        return ApiError(400, text, code="too_many_fields")
    if isinstance(error, TooManyFilesSent):
        text = _("The request has more than %(number)d files. Send them one by one.")
        text %= {"number": settings.DATA_UPLOAD_MAX_NUMBER_FILES}
        return ApiError(400, text, code="too_many_files")
    if isinstance(error, MultiPartParserError):
        text = f"The multipart body cannot be read: {error}."
        return ApiError(400, text, code="invalid_multipart")
    if isinstance(error, BadRequest):
        return ApiError(400, str(error), code="bad_request")
    text = _("Something in the request was not in the form we expect.")
    return ApiError(400, text, code="bad_request")


class ApiErrorMiddleware(MiddlewareMixin):
    """Replace error pages of anything for programs by the JSON shape; keep their headers."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code < 400 or not is_api(request) or is_shaped(response):
            return response
        answer = error_response(error_of_status(response.status_code, request))
        for name in ("Allow", "Retry-After"):
            if name in response:
                answer[name] = response[name]
        return answer


def is_shaped(response: HttpResponse) -> bool:
    """Whether it is the API's error object already, or one of the protocol of the tools."""
    return response.get("Content-Type", "").startswith("application/json") and (
        response.streaming or response.content.startswith((b'{"error"', b'{"jsonrpc"'))
    )
