"""What every request passes: an id for the log, and a bound on its size before Django sees it."""

import json
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from structlog.contextvars import bind_contextvars

from finetune.api.errors import BODY_TOO_LARGE, ApiError
from wukongsite.metrics.requests import route_note

from .bodies import uploads_close

Scope = dict[str, Any]
Message = dict[str, Any]
SAFE_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


class RequestIdMiddleware(MiddlewareMixin):
    """Answer every request with `x-request-id`: the client's own if it is safe, or a new one.

    One with an API key is told as well how many it may still send (`wukongsite.api.keys`).
    """

    def process_request(self, request: HttpRequest) -> None:
        given = request.headers.get("x-request-id", "")
        request.id = given if SAFE_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"  # type: ignore[attr-defined]
        bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]  # for the log

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["x-request-id"] = request.id  # type: ignore[attr-defined]
        for name, value in getattr(request, "rate", {}).items():
            response[name] = value
        uploads_close(request)
        route_note(request)
        return response


class BodyTooLarge(Exception):
    """The body has passed the limit while it was being received."""


class BodyLimit:
    """ASGI wrapper: refuse a body over the limit while it arrives, before any of it is stored.

    Django's ASGI handler would otherwise spool the whole body to disk before a view can look at it.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if problem := query_problem(scope.get("query_string", b"")):
            await answer(scope, send, 400, *problem)
            return
        limit = settings.REQUEST_MAX_BYTES
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > limit:
            await self.refuse(scope, receive, send)
            return
        received = 0
        started = too_large = False

        async def counted() -> Message:
            nonlocal received
            message: Message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except BodyTooLarge:
            too_large = True
        # Answered after the error: until it is let go, it holds the body's file.
        if too_large and not started:
            await self.refuse(scope, receive, send)

    @staticmethod
    async def refuse(scope: Scope, receive: Any, send: Any) -> None:
        """Drain a bounded part of the body, so that the client reads the answer, then say 413."""
        drained = 0
        while drained < settings.REQUEST_MAX_BYTES:
            message = await receive()
            if message["type"] != "http.request" or not message.get("more_body"):
                break
            drained += len(message.get("body", b""))
        text = (
            f"The request is larger than the limit of {settings.REQUEST_MAX_MB} MB. Send a large "
            "file in parts: the upload page does with JavaScript, programs do by /v1/uploads."
        )
        await answer(scope, send, 413, text, BODY_TOO_LARGE, param="file")


def query_problem(query: bytes) -> tuple[str, str] | None:
    """Why a query cannot be read, and the code for it: Django reads it where it cannot answer."""
    try:
        query.decode()
    except UnicodeDecodeError:
        return "The query of the address is not UTF-8.", "bad_request"
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    if query.count(b"&") >= most:
        return f"The request has more than {most} fields or parameters.", "too_many_fields"
    return None


async def answer(
    scope: Scope, send: Any, status: int, text: str, code: str, param: str | None = None
) -> None:
    """Answer in Django's place, as a page or in the shape of the API's errors."""
    accepts = dict(scope["headers"]).get(b"accept", b"")
    if b"text/html" in accepts and not scope["path"].startswith("/v1/"):
        kind = b"text/html; charset=utf-8"
        title = "The file is too large" if status == 413 else "That request could not be read"
        page = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><p>{text}</p>"
        back = ("/data/new/", "the upload") if status == 413 else ("/", "the first page")
        body = f'{page}<p><a href="{back[0]}">Back to {back[1]}</a></p>'.encode()
    else:
        kind = b"application/json"
        body = json.dumps(ApiError(status, text, code=code, param=param).as_json()).encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", f"req_{uuid.uuid4().hex}".encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
