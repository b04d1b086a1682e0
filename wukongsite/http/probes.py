"""`/livez` and `/readyz`, for what starts this process, ends it and sends it requests.

They are asked by address, with whatever host name, so they are answered before Django looks at one.
`/livez`: the event loop turns; an orchestrator starts a process again that does not answer, which
would not mend a database that is away, so nothing else is asked. `/readyz`: send requests here; 503
while this process is ending, or cannot keep what people send. `/health` says which part is away.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.db import database_sync_to_async

from finetune.condition import condition_now

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
RETRY_SECONDS = 10
draining = threading.Event()  # set by `wukongsite.processes.web` when it was told to end


class Probes:
    """ASGI wrapper: answers the two, and passes everything else on."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path") if scope["type"] == "http" else ""
        if path == "/livez":
            await answer(send, 200, {"status": "alive"})
        elif path == "/readyz":
            status = await readiness()
            await answer(send, 200 if status == "ready" else 503, {"status": status})
        else:
            await self.app(scope, receive, send)


async def readiness() -> str:
    """`ready`, `draining` or `failing`, as `/health` has it."""
    if draining.is_set():
        return "draining"
    now = await database_sync_to_async(condition_now)()
    return "ready" if now.can_keep else "failing"


async def answer(send: Any, status: int, content: dict[str, str]) -> None:
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
