"""What every HTTP request passes first: its id, the API key and the size limit."""

import hmac
import re
import uuid
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from chat.engine.exceptions import RequestError

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def read_keys(path: Path | None) -> list[bytes] | None:
    """The accepted keys, or None when the engine is open to whoever reaches its socket."""
    if path is None:
        return None
    keys = [line.strip().encode() for line in path.read_text().splitlines() if line.strip()]
    if not keys:
        raise ValueError(f"{path} holds no key")
    return keys


class Gate:
    """Pure ASGI middleware, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp, keys: list[bytes] | None) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
        scope.setdefault("state", {})["request_id"] = request_id
        bind_contextvars(request_id=request_id)  # for the log

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        if self._may_pass(scope["path"], headers.get("authorization", "")):
            await self.app(scope, receive, send_with_id)
            return
        error = RequestError(
            "A valid key is needed: Authorization: Bearer KEY.", status=401, code="invalid_api_key"
        )
        await JSONResponse(error.as_json(), 401)(scope, receive, send_with_id)

    def _may_pass(self, path: str, authorization: str) -> bool:
        if self.keys is None or path == "/health":
            return True
        scheme, _, given = authorization.partition(" ")
        key = given.strip().encode("utf-8", "replace")
        # Every key is compared, so that the time taken tells nothing.
        matches = [hmac.compare_digest(key, known) for known in self.keys]
        return scheme.lower() == "bearer" and any(matches)


async def read_body(request: Request, limit: int) -> bytes:
    """The request's body, or a RequestError with status 413."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise RequestError(
                f"The body is larger than {limit} bytes.", status=413, code="body_too_large"
            )
    return bytes(body)
