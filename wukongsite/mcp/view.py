"""`POST /mcp`: a message of the protocol, answered at once as JSON. There are no sessions and no
streams, so nothing has to stay in one process.

A browser sends no key by itself, so another site's page can do nothing here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from finetune.api.errors import ApiError
from finetune.teams.models import ApiKey
from wukongsite.api.handlers import missing_key
from wukongsite.api.keys import key_of_token
from wukongsite.http.errors import error_response

PASSED_ON = frozenset({"accept", "content-type", "host", "origin", "user-agent"})
OF_PROTOCOL = "mcp-"


@csrf_exempt
async def mcp(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    body = request.body  # too large a one is refused here, as in the API
    try:
        key = await sync_to_async(key_given)(request)
    except ApiError as error:
        return error_response(error)
    return await answered(request, key, body)


def key_given(request: HttpRequest) -> ApiKey:
    """The key of `Authorization: Bearer`, counted as a request of it.

    Raises:
        ApiError: none, a wrong or revoked one, or too many requests.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise missing_key()
    key = key_of_token(request, token)
    request.auth = key  # type: ignore[attr-defined]  # for the audit log, as in the API
    return key


async def answered(request: HttpRequest, key: ApiKey, body: bytes) -> HttpResponse:
    """Hand the request to the protocol's own server and wait for its whole answer."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from .server import server

    manager = StreamableHTTPSessionManager(server(), json_response=True, stateless=True)
    exchange = Exchange(body)
    async with manager.run():
        await manager.handle_request(scope_of(request, key), exchange.receive, exchange.send)
    return exchange.response


def scope_of(request: HttpRequest, key: ApiKey) -> dict[str, Any]:
    """The request as ASGI has it, without the key's secret and other headers of no use there."""
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in request.headers.items()
        if name.lower() in PASSED_ON or name.lower().startswith(OF_PROTOCOL)
    ]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "query_string": b"",
        "headers": headers,
        "state": {"key": key, "request_id": getattr(request, "id", "unknown")},
    }


class Exchange:
    """One request and its answer, as an ASGI application receives and sends them."""

    def __init__(self, body: bytes) -> None:
        self.body: bytes | None = body
        self.response = HttpResponse(content_type="application/json")

    async def receive(self) -> dict[str, Any]:
        if self.body is None:
            await asyncio.Event().wait()  # who asks again waits for the client to leave
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.response.write(message.get("body", b""))
            return
        self.response.status_code = message["status"]
        for name, value in message.get("headers", ()):
            self.response[name.decode("latin-1")] = value.decode("latin-1")
