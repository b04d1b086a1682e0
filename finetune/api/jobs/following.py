"""`GET …/events/stream`: a job's log as server-sent events, from any place to the job's end."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from finetune.api.errors import ApiError
from finetune.api.files import key_of
from finetune.runs.events import run_group
from finetune.runs.models import Run
from finetune.runs.page.bell import bell_hear, bell_wait
from finetune.runs.selectors import run_events_after
from finetune.teams.keys.services import key_opens
from finetune.teams.models import ApiKey

from .creation import run_of
from .objects import event_id, event_object, event_seq

router = Router(tags=["Fine-tuning"])
QUIET_SECONDS = 15.0
ALIVE = b": waiting\n\n"  # a comment: keeps a connection open while nothing happens
DONE = b"data: [DONE]\n\n"
GONE = ApiError(
    404, "The job was deleted, or the key was revoked: no more events.", code="not_found"
)
ANSWER = {
    "description": "Events of the job as `data:` lines of JSON, oldest first, and at its end "
    "`data: [DONE]`.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@dataclass(frozen=True)
class Look:
    """What was in the log behind a place.

    Attributes:
        events: as server-sent events; empty where there is nothing new.
        seq: the place behind them.
        over: why nothing more will come, as the stream's last words; empty while it may.
    """

    events: bytes
    seq: int
    over: bytes = b""


@router.get(
    "/{fine_tuning_job_id}/events/stream",
    summary="Follow a job's events",
    openapi_extra={"responses": {200: ANSWER}},
)
async def jobs_follow(
    request: HttpRequest,
    fine_tuning_job_id: str,
    after: Annotated[str | None, Query(description="The id of the last event seen.")] = None,
) -> StreamingHttpResponse:
    """Every event of the job once, oldest first, until the job has ended.

    A client that was cut off goes on behind the last id that it has seen: with `after`, or with
    the header `Last-Event-ID`, as an EventSource sends it by itself.
    """
    key = key_of(request)
    run = await sync_to_async(run_of)(key, fine_tuning_job_id)
    last = after or request.headers.get("Last-Event-ID") or ""
    seq = event_seq(run, last) if last else 0
    response = StreamingHttpResponse(
        told(run.pk, run.public_id, key, seq), content_type="text/event-stream; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    return response


async def told(run_id: int, public_id: str, key: ApiKey, seq: int) -> AsyncIterator[bytes]:
    """Read at every bell, and every few seconds for a bell that was lost."""
    bell = asyncio.Event()
    hearing = asyncio.create_task(bell_hear(run_group(public_id), bell))
    spoke = -math.inf  # a client that waits hears at once that it is connected
    try:
        while True:
            look = await database_sync_to_async(looked)(run_id, key, seq)
            seq = look.seq
            if look.events:
                yield look.events
                spoke = time.monotonic()
            elif look.over:
                yield look.over
                return
            else:
                if time.monotonic() - spoke > QUIET_SECONDS:
                    yield ALIVE
                    spoke = time.monotonic()
                await bell_wait(bell)
    finally:
        hearing.cancel()


def looked(run_id: int, key: ApiKey, seq: int) -> Look:
    """The next events. State is read before them, so that an ended job has no later ones."""
    run = Run.objects.filter(pk=run_id).select_related("base", "team", "dataset").first()
    if run is None or not key_opens(key):
        return Look(b"", seq, f"data: {json.dumps(GONE.as_json())}\n\n".encode())
    events = run_events_after(run, seq)
    blocks = [
        f"id: {event_id(run, event.seq)}\ndata: {json.dumps(event_object(run, event))}\n\n"
        for event in events
    ]
    return Look(
        "".join(blocks).encode(),
        events[-1].seq if events else seq,
        DONE if run.is_finished else b"",
    )
