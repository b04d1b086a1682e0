"""Long texts and files, sent while they are read: constant memory, the first bytes at once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

SHORT = 256 * 1024  # characters; less is answered whole, with its length
CHUNK = 256 * 1024  # bytes of a file
REST = re.compile(r"bytes=(?P<start>[0-9]{1,15})-$")
Block = TypeVar("Block", str, bytes)


def text_answer(
    request: HttpRequest, blocks: Iterator[str], *, content_type: str, filename: str = ""
) -> HttpResponseBase:
    """A text that comes in blocks, each read only when the one before has been sent."""
    head: list[str] = []
    answer: HttpResponseBase
    for block in blocks:
        head.append(block)
        if sum(map(len, head)) > SHORT:
            rest = chain(head, blocks)
            # Django would collect a plain iterator before it sends the first byte over ASGI.
            stream = in_threads(rest) if isinstance(request, ASGIRequest) else rest
            answer = StreamingHttpResponse(stream, content_type=content_type)
            break
    else:
        answer = HttpResponse("".join(head), content_type=content_type)
    if filename:
        answer["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return answer


def file_answer(
    request: HttpRequest, path: Path, *, filename: str, content_type: str, etag: str = ""
) -> HttpResponseBase:
    """A file as a download. One that broke off goes on where it stopped (`Range`, `If-Range`)."""
    size = path.stat().st_size
    tag = f'"{etag}"' if etag else ""
    wanted = REST.match(request.headers.get("Range", ""))
    same = request.headers.get("If-Range", tag) == tag
    start = int(wanted["start"]) if wanted and tag and same else 0
    answer: HttpResponseBase
    if start >= size > 0:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    blocks = blocks_of(path, start)
    stream = in_threads(blocks) if isinstance(request, ASGIRequest) else blocks
    answer = StreamingHttpResponse(stream, content_type=content_type, status=206 if start else 200)
    if start:
        answer["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    if tag:
        answer["ETag"] = tag
        answer["Accept-Ranges"] = "bytes"
    answer["Content-Length"] = str(size - start)
    answer["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def blocks_of(path: Path, start: int = 0) -> Iterator[bytes]:
    """A file from a place on, piece by piece."""
    with path.open("rb") as handle:
        handle.seek(start)
        while block := handle.read(CHUNK):
            yield block


async def in_threads(blocks: Iterator[Block]) -> AsyncIterator[Block]:
    """Take each block in the request's own thread, where its database connection is."""

    def take() -> Block | None:
        return next(blocks, None)

    while (block := await sync_to_async(take)()) is not None:
        yield block
