"""The doors of the websockets: which pages may open one, and what an unknown address answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.http import is_same_domain

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SCHEMES = {"ws": "http", "wss": "https"}
FORWARDED = {b"ws": b"http", b"wss": b"https"}  # some proxies say so in X-Forwarded-Proto
TEXT = b"There is no such websocket."


class SameOrigin:
    """Lets only the site's own pages open a websocket, by the rule that Django has for forms.

    Scheme, host and port of `Origin` have to be those of the request itself, of `SITE_URL`, or of
    one of `CSRF_TRUSTED_ORIGINS`. Who sends no origin is no browser and is refused as well, unless
    every host is allowed.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if origin_allowed(scope):
            await self.application(scope, receive, send)
        else:
            await refuse(scope, receive, send, 403, b"Another site's page may not open this.")


def origin_allowed(scope: Scope) -> bool:
    origins = [value for name, value in scope["headers"] if name.lower() == b"origin"]
    if not origins:
        return "*" in settings.ALLOWED_HOSTS
    origin = origins[0].decode("latin-1").casefold()
    if len(origins) > 1:
        return False
    known = {own_origin(scope), origin_of(settings.SITE_URL)}
    return origin in known - {None} or is_trusted(origin)


def own_origin(scope: Scope) -> str | None:
    """The origin of a page that this request's host serves; None for a host that is not ours.

    Django's own request knows about proxies and about `ALLOWED_HOSTS`.
    """
    scheme = SCHEMES.get(scope.get("scheme", "ws"), "http")
    headers = [(name, FORWARDED.get(value, value)) for name, value in scope["headers"]]
    plain = {"type": "http", "method": "GET", "scheme": scheme, "headers": headers}
    request = ASGIRequest({**scope, **plain}, BytesIO())
    try:
        host = request.get_host()
    except DisallowedHost:
        return None
    return f"{'https' if request.is_secure() else 'http'}://{host}".casefold()


def origin_of(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port not in (None, default) else ""
    except ValueError:
        return None
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}".casefold()


def is_trusted(origin: str) -> bool:
    """Whether an operator named it, as itself or with a `*.` for every subdomain."""
    scheme, _, host = origin.partition("://")
    for trusted in settings.CSRF_TRUSTED_ORIGINS:
        named_scheme, _, named = trusted.casefold().rstrip("/").partition("://")
        if scheme == named_scheme and (host == named or is_below(host, named)):
            return True
    return False


def is_below(host: str, pattern: str) -> bool:
    return pattern.startswith("*.") and is_same_domain(host, pattern.removeprefix("*"))


async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """An address without a consumer."""
    await refuse(scope, receive, send, 404, TEXT)


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, text: bytes) -> None:
    """Answer the handshake with an HTTP status where the server can, and close it where not."""
    await receive()  # websocket.connect
    if "websocket.http.response" in scope.get("extensions", {}):
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": text})
    else:
        await send({"type": "websocket.close", "code": 4000 + status})


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Nothing has to be opened or closed; a server that asks is told so."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
