"""Copying a trainer's numbered lines into the database, and ringing the bell afterwards.

The rows are the record. The channel layer only says "there is something new"; a bell that is lost
costs a watcher a few seconds, never an event.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.dispatch import Signal

from finetune.queue import broker_answers
from finetune.training.exceptions import DamagedLog

from .models import Run, RunEvent
from .page.samples import samples_gated

log = logging.getLogger(__name__)
Line = dict[str, Any]
run_logged = Signal()  # for whoever tells of runs; within the transaction that writes the lines


def run_group(public_id: str) -> str:
    """The channel-layer group of everybody who watches this run."""
    return f"run.{public_id}"


def bell_ring(public_id: str, seq: int) -> None:
    """Tell watchers that the log has reached `seq`. A broker that is away costs only time."""
    layer = get_channel_layer()
    if layer is None or not broker_answers():
        return
    try:
        async_to_sync(layer.group_send)(run_group(public_id), {"type": "run.advanced", "seq": seq})
    except Exception as error:  # whatever the client library raises while the broker is away
        log.warning("bell of %s not rung: %s", public_id, error)


class EventTail:
    """Reads the whole lines that were added to an `events.jsonl` since the last look."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0

    def read(self) -> list[Line]:
        """Return new lines; half a line stays for the next look.

        Raises:
            DamagedLog: a whole line cannot be read.
        """
        try:
            with self.path.open("rb") as handle:
                handle.seek(self.offset)
                block = handle.read()
        except FileNotFoundError:
            return []
        end = block.rfind(b"\n") + 1
        try:
            lines = [json.loads(line) for line in block[:end].split(b"\n")[:-1]]
        except ValueError as error:
            raise DamagedLog(f"{self.path.name}: a line is no event ({error}).") from error
        self.offset += end
        return lines


def run_events_copy(run_id: int, lines: Sequence[Line]) -> Run:
    """Copy lines that are not there yet and keep the run's newest values beside them.

    Copying a line twice is harmless: its number is unique for the run. Sample replies pass the gate
    before, outside of the transaction: judging them may take seconds.
    """
    copied = Run.objects.values_list("copied_seq", flat=True).get(pk=run_id)
    return lines_keep(run_id, samples_gated([line for line in lines if line["seq"] > copied]))


@transaction.atomic
def lines_keep(run_id: int, lines: Sequence[Line]) -> Run:
    """Write lines as rows, those that are not there yet."""
    run = Run.objects.select_for_update().get(pk=run_id)
    fresh = [line for line in lines if line["seq"] > run.copied_seq]
    if not fresh:
        return run
    rows = []
    for line in fresh:
        run.last_seq += 1
        rows.append(
            RunEvent(
                run=run,
                seq=run.last_seq,
                source_seq=line["seq"],
                time=datetime.fromtimestamp(line["time"], tz=UTC),
                type=line["type"],
                level=line["level"],
                message=line["message"],
                data=line["data"],
            )
        )
        run_absorb(run, line["type"], line["data"])
    RunEvent.objects.bulk_create(rows, batch_size=500)
    run.copied_seq = fresh[-1]["seq"]
    run.save(
        update_fields=[
            "last_seq",
            "copied_seq",
            "step",
            "total_steps",
            "seconds_left",
            "trained_tokens",
            "trainable_parameters",
            "latest",
            "result",
        ]
    )
    run_logged.send(Run, run=run, events=rows)
    transaction.on_commit(lambda: bell_ring(run.public_id, run.last_seq))
    return run


def run_absorb(run: Run, kind: str, data: dict[str, Any]) -> None:
    """Keep what lists and headers show beside the log, so that they need no search in it."""
    if kind == "metrics":
        run.step = data["step"]
        run.total_steps = data["total_steps"]
        run.seconds_left = data.get("seconds_left")
        run.trained_tokens = data.get("trained_tokens") or run.trained_tokens
        run.latest = {**run.latest, **{key: value for key, value in data.items() if key != "step"}}
    elif kind == "evaluation":
        if data["step"] == 0:
            run.latest["base_validation_loss"] = data.get("validation_loss")
        run.latest = {**run.latest, **{key: value for key, value in data.items() if key != "step"}}
    elif kind == "model":
        run.trainable_parameters = data.get("trainable_parameters", 0)
        run.latest = {**run.latest, "model": data}
    elif kind in {"circuit", "data"}:
        run.latest = {**run.latest, kind: data}
    elif kind == "warning" and "trouble" in data:
        known = run.latest.get("troubles", {})
        run.latest = {**run.latest, "troubles": {**known, data["trouble"]: data}}
    elif kind == "result":
        run.result = {**run.result, **data}
