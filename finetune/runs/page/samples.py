"""Sample replies pass the site's gate on their way from a trainer's log into rows.

What a model writes in training is seen by people on the run's page, in its feed and in the API, so
it is judged like a reply to a person: before a row holds it. The gate is the site's
(`settings.REPLY_GATE`), since nothing here knows of chats. Where nobody can judge at that moment,
the row waits with no reply, and is judged when its page is opened. The trainer's file stays as it
was written.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Protocol, cast

from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from finetune.faults import fault_of
from finetune.runs.models import Run, RunEvent

log = logging.getLogger(__name__)
Line = dict[str, Any]

WAITING = gettext_lazy(
    "[not shown yet: what judges replies does not answer; open this page again in a moment]"
)


class Gate(Protocol):
    """Replies as they may be shown; None where they cannot be judged now."""

    def __call__(self, samples: Sequence[tuple[str, str]]) -> list[str] | None: ...


def reply_gate() -> Gate:
    """The gate that the settings name: it takes prompts with their replies."""
    return cast(Gate, import_string(settings.REPLY_GATE))


def samples_gated(lines: Sequence[Line]) -> list[Line]:
    """A log's lines with sample replies as they may be shown."""
    samples = [line for line in lines if line["type"] == "sample"]
    if not samples:
        return list(lines)
    written = [(line["data"]["prompt"], line["data"]["reply"]) for line in samples]
    shown = reply_gate()(written)
    if shown is None:
        log.warning("%d sample replies wait: they cannot be judged now", len(samples))
    replies = iter(shown if shown is not None else [""] * len(samples))
    return [
        line
        if line["type"] != "sample"
        else {
            **line,
            "data": {**line["data"], "reply": next(replies), "judged": shown is not None},
        }
        for line in lines
    ]


def samples_judge(run: Run, events: Sequence[RunEvent]) -> None:
    """Judge those of a run's sample events that wait; they are changed where they are given."""
    waiting = [event for event in events if not event.data.get("judged")]
    if not waiting:
        return
    written = replies_written(run, waiting)
    shown = reply_gate()(list(written.values())) if written else []
    if shown is None:
        return
    replies = dict(zip(written, shown, strict=True))
    judged = [event for event in waiting if event.seq in replies]
    for event in judged:
        event.data = {**event.data, "reply": replies[event.seq], "judged": True}
    try:
        RunEvent.objects.bulk_update({event.pk: event for event in judged}.values(), ["data"])
    except DatabaseError as error:  # they are judged again at the next look
        if fault_of(error) is None:
            raise
        log.warning("judged replies of run %s are not kept", run.pk, exc_info=error)


def replies_written(run: Run, waiting: Sequence[RunEvent]) -> dict[int, tuple[str, str]]:
    """Prompt and reply of events, as the trainer wrote them.

    A row from before there was a gate holds them itself, one that waited has them in the log.
    """
    texts = {
        event.seq: (event.data.get("prompt", ""), event.data.get("reply", ""))
        for event in waiting
        if "judged" not in event.data
    }
    by_line = {event.source_seq: event.seq for event in waiting if "judged" in event.data}
    path = run.folder / "events.jsonl"
    if by_line and path.exists():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if '"sample"' in line and (told := json.loads(line))["seq"] in by_line:
                    data = told["data"]
                    texts[by_line[told["seq"]]] = (data["prompt"], data["reply"])
    return texts


def same_data(kind: str, row: Line, line: Line) -> bool:
    """Whether a row tells what a line tells; of a sample the row's reply has passed the gate."""
    if kind != "sample":
        return row == line
    ours = ("reply", "judged")
    return {k: v for k, v in row.items() if k not in ours} == {
        k: v for k, v in line.items() if k not in ours
    }
