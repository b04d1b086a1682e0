"""What this web process has answered, by route; its websockets; the records of its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
ROUTE = "wukong.route"  # in an ASGI scope: a dict, which the request's middleware writes into
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

registry = CollectorRegistry()
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
requests_total = Counter(
    "wukong_http_requests",
    "Requests that were answered.",
    ["method", "route", "status"],
    registry=registry,
)
response_seconds = Histogram(
    "wukong_http_response_start_seconds",
    "From a request's head to the first byte of its answer; a stream may go on for long after.",
    ["method", "route"],
    buckets=SECONDS,
    registry=registry,
)
requests_open = Gauge(
    "wukong_http_requests_in_progress", "Requests that are being answered.", registry=registry
)
websockets_open = Gauge(
    "wukong_websocket_connections", "Websockets that are open.", registry=registry
)
log_records_total = Counter(
    "wukong_log_records",
    "Records of warnings and errors in this process's log, those left out as repeated included.",
    ["level"],
    registry=registry,
)
for _level in ("warning", "error", "critical"):
    log_records_total.labels(_level)


class Measured:
    """ASGI wrapper around the whole site."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def http(self, scope: Scope, receive: Any, send: Any) -> None:
        route: dict[str, str] = {}
        began = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else "other"
        answered = 0  # the status; 0: the client left before there was one
        seconds = 0.0

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal answered, seconds
            if message["type"] == "http.response.start":
                answered, seconds = message["status"], time.perf_counter() - began
            await send(message)

        with requests_open.track_inprogress():
            try:
                await self.app({**scope, ROUTE: route}, receive, watched)
            finally:
                name = route.get("name", "none")
                requests_total.labels(method, name, str(answered) if answered else "none").inc()
                if answered:
                    response_seconds.labels(method, name).observe(seconds)

    async def websocket(self, scope: Scope, receive: Any, send: Any) -> None:
        is_open = False

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal is_open
            if message["type"] == "websocket.accept" and not is_open:
                is_open = True
                websockets_open.inc()
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            if is_open:
                websockets_open.dec()


def route_note(request: HttpRequest) -> None:
    """Say which route a request took; the names in it, never what stood in their places."""
    holder = getattr(request, "scope", {}).get(ROUTE)
    match = request.resolver_match
    if holder is not None and match is not None:
        holder["name"] = "/" + match.route.removeprefix("^").removesuffix("$")


class Counting(logging.Filter):
    """Counts what a handler is given; lets everything pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            log_records_total.labels(record.levelname.lower()).inc()
        return True
