"""Every failure under /v1 in one JSON shape, whichever layer it comes from.

The handlers serve what is raised inside the API; the middleware serves what Django or another
middleware answers before or after it (unknown routes, wrong methods, bad hosts, crashes).
"""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from finetune.api.errors import BODY_TOO_LARGE, ApiError, api_error_of, fault_error
from finetune.exceptions import StudioError
from finetune.faults import fault_of
from finetune.text import TextRefused

log = logging.getLogger("wukongsite.api")

PREFIX = "/v1"
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
    return request.path_info == PREFIX or request.path_info.startswith(PREFIX + "/")


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
        text = f"The body is larger than the limit of {most:g} MB; only files may be larger."
        return ApiError(413, text, code=BODY_TOO_LARGE)
    if isinstance(error, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        text = f"The request has more than {most} fields or parameters."
        return ApiError(400, text, code="too_many_fields")
    if isinstance(error, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        text = f"The request has more than {most} files. Send them one by one."
        return ApiError(400, text, code="too_many_files")
    if isinstance(error, MultiPartParserError):
        text = f"The multipart body cannot be read: {error}."
        return ApiError(400, text, code="invalid_multipart")
    if isinstance(error, BadRequest):
        return ApiError(400, str(error), code="bad_request")
    text = "Something in the request was not in the form we expect."
    return ApiError(400, text, code="bad_request")


class ApiErrorMiddleware:
    """Replace error pages of anything under /v1 by the JSON shape; keep their headers."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if iscoroutinefunction(self.get_response):
            return self.answer_async(request)
        return shaped(request, self.get_response(request))

    async def answer_async(self, request: HttpRequest) -> HttpResponse:
        return shaped(request, await self.get_response(request))


def shaped(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if response.status_code < 400 or not is_api(request) or is_shaped(response):
        return response
    answer = error_response(error_of_status(response.status_code, request))
    for name in ("Allow", "Retry-After"):
        if name in response:
            answer[name] = response[name]
    return answer


def is_shaped(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("application/json") and (
        response.streaming or response.content.startswith(b'{"error"')
    )


def register(api: NinjaAPI) -> None:
    """Attach a handler to `api` for every kind of exception that can leave a view."""

    @api.exception_handler(ApiError)
    def on_api_error(request: HttpRequest, error: ApiError) -> HttpResponse:
        return error_response(error)

    @api.exception_handler(StudioError)
    def on_studio_error(request: HttpRequest, error: StudioError) -> HttpResponse:
        return error_response(api_error_of(error))

    @api.exception_handler(ValidationError)
    def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return error_response(validation_error(error.errors))

    @api.exception_handler(AuthenticationError)
    def on_no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return error_response(
            ApiError(
                401,
                "You did not give an API key. Send it as Authorization: Bearer KEY; "
                "keys are made in the studio under Keys.",
                code="missing_api_key",
                headers={"WWW-Authenticate": "Bearer"},
            )
        )

    @api.exception_handler(HttpError)
    def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error.__cause__, TextRefused | RequestDataTooBig):
            return error_response(refusal_of(error.__cause__))
        return error_response(error_of_status(error.status_code, request))

    @api.exception_handler(Http404)
    def on_404(request: HttpRequest, error: Http404) -> HttpResponse:
        return error_response(error_of_status(404, request))

    def on_unreadable(request: HttpRequest, error: Any) -> HttpResponse:
        return error_response(refusal_of(error))

    for kind in (TextRefused, SuspiciousOperation, BadRequest, MultiPartParserError):
        api.add_exception_handler(kind, on_unreadable)

    @api.exception_handler(Exception)
    def on_bug(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("request %s failed", getattr(request, "id", "?"), exc_info=error)
        fault = fault_of(error)
        return error_response(fault_error(fault) if fault else error_of_status(500, request))


def validation_error(errors: Sequence[dict[str, Any]]) -> ApiError:
    """The first problem as the message, with every further one behind it."""
    texts = [(param_of(problem["loc"]), sentence(problem)) for problem in errors]
    param, first = texts[0]
    others = "".join(f" Also {name}: {text}" for name, text in texts[1:4])
    missing = errors[0]["type"] == "missing"
    return ApiError(
        400,
        f"{param}: {first}{others}" if param else first + others,
        code="missing_required_parameter" if missing else "invalid_value",
        param=param or None,
    )


def sentence(problem: dict[str, Any]) -> str:
    text = re.sub(r"^Value error, ", "", str(problem["msg"]))
    if problem["type"] == "missing":
        text = "is required"
    return text if text.endswith(".") else text + "."


def param_of(location: Sequence[Any]) -> str:
    """`method.supervised.hyperparameters.batch_size`, `messages[0].role`; "" for the whole body."""
    parts = list(location[1:])
    if location[:1] == ("body",) and parts[:1] in (["body"], ["job"]):
        parts = parts[1:]
    name = ""
    for part in parts:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name
