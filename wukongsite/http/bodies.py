"""Where request bodies lie while they are read, and that nothing of them outlives the request.

Django spools a body to a temporary file, and each uploaded file to another. It closes both at the
end of a request that goes well; after an error in between (a full disk, a broken body, a stream
that fails) they stay open until the garbage is collected. Here they are closed in every case.
"""

import io
import logging
import tempfile
import time
import uuid
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted, SuspiciousOperation
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest

from finetune.faults import Fault, fault_of

from .entry import bad_request
from .faults import fault_response

log = logging.getLogger(__name__)
OPEN: ContextVar[list[Any]] = ContextVar("bodies of the request that this task answers")
LEFT_BEHIND_SECONDS = 3600.0


class BodyNotKept(Exception):
    """The disk could not take the body; `more` of it is still to come."""

    def __init__(self, fault: Fault, *, more: bool) -> None:
        super().__init__(str(fault.message))
        self.fault = fault
        self.more = more


class BodyHandler(ASGIHandler):
    """Django's handler with its body's file in the studio's own folder, closed in every case."""

    def __init__(self) -> None:
        super().__init__()
        uploads_sweep()

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        bodies: list[Any] = []
        OPEN.set(bodies)
        try:
            await super().handle(scope, receive, send)
        except BodyNotKept as error:
            log.error("the body of %s was not kept", scope["path"], exc_info=error)
            fault, more = error.fault, error.more
        else:
            return
        finally:
            for body in bodies:
                body.close()
        while more:  # so that the client reads the answer; `BodyLimit` bounds it
            more = (await receive()).get("more_body", False)
        await self.refuse(scope, send, fault)

    def create_request(self, scope: Any, body_file: Any) -> tuple[Any, Any]:
        """Django's, which reads the query where a content type names a charset, and does not
        expect what it then says of one with too many fields."""
        scope = with_length(scope, body_file)
        try:
            return super().create_request(scope, body_file)
        except SuspiciousOperation as error:
            request, unreadable = super().create_request({**scope, "query_string": b""}, body_file)
            return None, unreadable if request is None else bad_request(request, error)

    async def read_body(self, receive: Any) -> Any:
        body = tempfile.SpooledTemporaryFile(  # noqa: SIM115 (closed by `handle`)
            max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE,
            mode="w+b",
            dir=str(settings.FILE_UPLOAD_TEMP_DIR),
        )
        OPEN.get().append(body)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            more = message.get("more_body", False)
            try:
                body.write(message.get("body", b""))
            except OSError as error:
                fault = fault_of(error)
                if fault is None:
                    raise
                raise BodyNotKept(fault, more=more) from error
        body.seek(0)
        return body

    async def refuse(self, scope: Any, send: Any, fault: Fault) -> None:
        """Answer a request whose body was not kept, in the shape that its client speaks."""
        with io.BytesIO() as nothing:
            request, unreadable = self.create_request(scope, nothing)
            if request is not None:
                answer = await sync_to_async(fault_response)(request, fault)
                answer["x-request-id"] = f"req_{uuid.uuid4().hex}"
                await self.send_response(answer, send)
            elif unreadable is not None:
                await self.send_response(unreadable, send)


def with_length(scope: Any, body: Any) -> Any:
    """The request with its body's length, where the client sent it in chunks and told none, as
    fetch does with a file: Django takes a form without a length for an empty one."""
    if any(name.lower() == b"content-length" for name, _ in scope["headers"]):
        return scope
    length = body.seek(0, io.SEEK_END)
    body.seek(0)
    return {**scope, "headers": [*scope["headers"], (b"content-length", b"%d" % length)]}


def uploads_close(request: HttpRequest) -> None:
    """Close the file of an upload that was not read to its end; a closed one stays closed."""
    for handler in getattr(request, "_upload_handlers", ()):
        file = getattr(handler, "file", None)
        if file is not None:
            file.close()


def uploads_sweep() -> None:
    """Remove uploads that a web process left behind when it was killed in the middle of one."""
    limit = time.time() - LEFT_BEHIND_SECONDS
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            continue  # another process was quicker
