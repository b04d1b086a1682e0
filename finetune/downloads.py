"""Long texts, sent while they are read: constant memory, and the first bytes come at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import chain

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

SHORT = 256 * 1024  # characters; less is answered whole, with its length


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


async def in_threads(blocks: Iterator[str]) -> AsyncIterator[str]:
    """Take each block in the request's own thread, where its database connection is."""

    def take() -> str | None:
        return next(blocks, None)

    while (block := await sync_to_async(take)()) is not None:
        yield block
