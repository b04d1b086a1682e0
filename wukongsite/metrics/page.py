"""The door of `/metrics`: closed, unless a token or this machine alone opens it.

Asked by address, with whatever host name, so it is answered before Django looks at one.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from .requests import registry
from .site import SiteCollector

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
FORWARDING = {b"x-forwarded-for", b"x-real-ip", b"forwarded", b"via"}  # it came through a proxy

site_registry = CollectorRegistry()
site_registry.register(SiteCollector())


class Metrics:
    """ASGI wrapper: answers `/metrics` where it is open; closed, there is no such page."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/metrics" or not is_open():
            await self.app(scope, receive, send)
        elif not may_read(scope):
            await answer(send, 401, b"A token is needed: Authorization: Bearer TOKEN.\n")
        else:
            text = await database_sync_to_async(page)()
            await answer(send, 200, text, CONTENT_TYPE_LATEST.encode())


def page() -> bytes:
    return generate_latest(registry) + generate_latest(site_registry)


def is_open() -> bool:
    return bool(settings.METRICS_TOKEN or settings.METRICS_LOOPBACK)


def may_read(scope: Scope) -> bool:
    """Whether the token was shown, or a program on this machine asks and no proxy for another."""
    headers = dict(scope["headers"])
    scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
    token = settings.METRICS_TOKEN.encode()
    if token and scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), token):
        return True
    return settings.METRICS_LOOPBACK and not FORWARDING & headers.keys() and is_local(scope)


def is_local(scope: Scope) -> bool:
    peer = scope.get("client")
    try:
        return peer is not None and ipaddress.ip_address(peer[0]).is_loopback
    except ValueError:
        return False


async def answer(send: Any, status: int, body: bytes, kind: bytes = b"text/plain") -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
