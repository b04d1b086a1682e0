"""`studio runs follow`: a run's log and progress until it ends, and how it ended as exit status."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from finetune.api.errors import not_found
from finetune.api.jobs.creation import run_of
from finetune.api.jobs.objects import METRIC_TYPES, event_object, job_object
from finetune.runs.models import Run, RunEvent
from finetune.runs.selectors import run_events_after
from finetune.teams.keys.callers import Member
from finetune.templatetags.words import duration

from .carrying import INTERRUPTED
from .printing import CLEAR, Printer
from .runs import event_line, loss

LOOK_SECONDS = 1.0
STATUS = {  # exit statuses; docs/api.md has them
    Run.State.SUCCEEDED: 0,
    Run.State.FAILED: 1,
    Run.State.CANCELLED: 2,
    Run.State.PAUSED: 3,  # nothing happens until somebody resumes it
}


def runs_follow(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    run = run_of(asked, options["id"])
    return followed(run, printer, seq=0 if options["all"] else run.last_seq)


def followed(run: Run, printer: Printer, *, seq: int) -> int:
    """Print what happens behind event `seq` until the run has ended or is paused.

    Ctrl-C leaves the run as it is. On a terminal one line is drawn again and again; in a pipe there
    is a line whenever another hundredth is done; with `--json` each event, and at the end the run.

    Raises:
        ApiError: the run was deleted meanwhile.
    """
    shown = EventLines(printer) if printer.as_json else Progress(printer)
    try:
        while True:
            # The state is read before the events: an ended run has no later ones.
            now = Run.objects.filter(pk=run.pk).select_related("base", "team", "dataset").first()
            if now is None:
                raise not_found("fine-tuning job", run.public_id)
            events = run_events_after(now, seq)
            for event in events:
                shown.event(now, event)
                seq = event.seq
            shown.progress(now)
            if not events and now.state in STATUS:
                shown.end(now)
                return STATUS[Run.State(now.state)]
            if not events:
                time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        shown.left(run)
        return INTERRUPTED


class EventLines:
    """For programs: an object a line."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer

    def event(self, run: Run, event: RunEvent) -> None:
        self.printer.json_line(event_object(run, event))

    def progress(self, run: Run) -> None:
        """Its events say that."""

    def end(self, run: Run) -> None:
        self.printer.json_line(job_object(run))

    def left(self, run: Run) -> None:
        """The exit status says that."""


class Progress:
    """For people: messages, and below them how far it is."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self.last = ""  # what was told of progress
        self.drawn = False  # whether the terminal's current line holds it

    def event(self, run: Run, event: RunEvent) -> None:
        if event.type in METRIC_TYPES:
            return
        self.clear()
        self.printer.line(event_line(event_object(run, event)))

    def progress(self, run: Run) -> None:
        if self.printer.is_terminal:
            self.printer.redraw(progress_line(run))
            self.drawn = True
        elif (told := f"{run.state} {run.percent}") != self.last:
            self.last = told
            self.printer.line(progress_line(run))

    def end(self, run: Run) -> None:
        self.clear()
        self.printer.line(f"{run.public_id}: {run.get_state_display()}.")
        if run.state == Run.State.FAILED:
            self.printer.line(job_object(run)["error"]["message"])
        elif run.state == Run.State.PAUSED:
            self.printer.line(f"Go on with it: manage.py studio runs resume {run.public_id}")
        elif run.fine_tuned_model:
            self.printer.line(f"Talk to it: manage.py studio chat {run.fine_tuned_model}")

    def left(self, run: Run) -> None:
        if self.drawn:
            self.printer.line()
        self.printer.line(
            f"{run.public_id} goes on. Follow it again: manage.py studio runs follow "
            f"{run.public_id}"
        )

    def clear(self) -> None:
        if self.drawn:
            self.printer.raw(CLEAR)
            self.drawn = False


def progress_line(run: Run) -> str:
    """State, step, losses and time left, as far as they are known."""
    held_out = loss(run, "validation_loss")
    parts = [run.get_state_display()]
    if run.total_steps:
        parts.append(f"step {run.step}/{run.total_steps} ({run.percent} %)")
    if last := loss(run, "train_loss"):
        parts.append(f"loss {last}")
    if held_out:
        parts.append(f"held out {held_out}")
    if run.state == Run.State.RUNNING and run.seconds_left is not None:
        parts.append(f"{duration(run.seconds_left)} left")
    return "  ".join(parts)
