"""A handler for every kind of exception that can leave an endpoint: OpenAI's error object."""

import logging
import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from finetune.api.errors import ApiError, api_error_of, fault_error
from finetune.exceptions import StudioError
from finetune.faults import fault_of
from finetune.text import TextRefused
from wukongsite.http.errors import error_of_status, error_response, refusal_of
from wukongsite.http.faults import value_refusal

log = logging.getLogger("wukongsite.api")


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
        return error_response(missing_key())

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

    @api.exception_handler(DataError)
    def on_large_value(request: HttpRequest, error: DataError) -> HttpResponse:
        log.warning("request %s: %s", getattr(request, "id", "?"), type(error.__cause__).__name__)
        return error_response(value_refusal())

    @api.exception_handler(Exception)
    def on_bug(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("request %s failed", getattr(request, "id", "?"), exc_info=error)
        fault = fault_of(error)
        return error_response(fault_error(fault) if fault else error_of_status(500, request))


def missing_key() -> ApiError:
    return ApiError(
        401,
        "You did not give an API key. Send it as Authorization: Bearer KEY; "
        "keys are made in the studio under Keys.",
        code="missing_api_key",
        headers={"WWW-Authenticate": "Bearer"},
    )


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
