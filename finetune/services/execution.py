"""What a worker does with one run: claim it, start its trainer, copy its log, explain its end.

The trainer is an own process (`python -m finetune.training RUN_DIR`), so that its death, whatever
the cause, leaves a worker that can say why and go on from the last checkpoint.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import subprocess
import time
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from finetune.exceptions import RunRefused
from finetune.faults import Fault, fault_of
from finetune.models import Run

from .assistants import run_publish
from .condition import NEARLY_FULL, READY, data_condition
from .events import EventTail, run_events_copy
from .exchange import Exchange, jobs_cancel
from .patience import Patience
from .run_folders import folder_prepare, write_atomically
from .runs import run_enqueue
from .trainer_process import last_lines, signal_reason, start, stop
from .transitions import run_log, run_transition

log = logging.getLogger(__name__)
State = Run.State
LOOK_SECONDS = 0.1
EXIT_OK, EXIT_FAILED, EXIT_BAD_CONFIG, EXIT_CANCELLED, EXIT_PAUSED, EXIT_LEFT = 0, 1, 2, 3, 4, 5
LEAVE_SECONDS = 60.0
TELL_SECONDS = 10.0


class LeaseLost(Exception):
    """Another worker has taken the run."""


def run_execute(run_id: int) -> None:
    """Run to an end, or return at once where the run is not to be had."""
    if (state := data_condition()) not in (READY, NEARLY_FULL):
        # It stays in the queue; the reaper sends another message until there is room.
        log.warning("run %s waits: the data folder is not usable (%s)", run_id, state)
        return
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    run = claim(run_id, owner)
    if run is not None:
        Execution(run, owner).carry_out()


def claim(run_id: int, owner: str) -> Run | None:
    """Take a queued run under a lease; exactly one worker gets it."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or run.state != State.QUEUED:
        return None
    try:
        return run_transition(
            run_id,
            State.RUNNING,
            expected=[State.QUEUED],
            message="Taken by a worker." if not run.started_at else "Taken by a worker again.",
            lease_owner=owner,
            lease_until=lease_end(),
            attempts=run.attempts + 1,
            started_at=run.started_at or timezone.now(),
        )
    except RunRefused:
        return None


def lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


class Execution:
    """One worker's hold on one run."""

    def __init__(self, run: Run, owner: str) -> None:
        self.run = run
        self.owner = owner
        self.folder = run.folder
        self.tail = EventTail(self.folder / "events.jsonl")
        self.exchange = Exchange(run)
        self.step_before = run.step
        self.last_error: dict[str, Any] = {}
        self.patience = Patience(run)
        self.renewed = 0.0
        self.told = 0.0

    def carry_out(self) -> None:
        """From the folder to the end; a run that another worker has taken is left alone."""
        try:
            self.train()
        except LeaseLost:
            log.warning("%s: another worker has taken it", self.run.public_id)

    def train(self) -> None:
        trainer: subprocess.Popen[bytes] | None = None
        try:
            folder_prepare(self.run)
            self.exchange.prepare()
            self.wait_for_folder()
            trainer = start(self.folder)
            while trainer.poll() is None:
                self.patience.allows(self.look)
                time.sleep(LOOK_SECONDS)
            code = trainer.returncode
            self.patience.insist(self.copy, meanwhile=self.renew)
            self.patience.insist(lambda: self.conclude(code), meanwhile=self.renew)
        except RunRefused as error:
            self.fail(error.code, error.message)
        except OSError as error:
            fault = fault_of(error)
            if fault is None:
                self.fail("storage", f"The run's folder cannot be written: {error}.")
            else:
                self.put_back(fault)
        finally:
            if trainer is not None and trainer.poll() is None:
                stop(trainer)

    def wait_for_folder(self) -> None:
        """Wait until the trainer of a worker that died has left the folder.

        Such a trainer notices within a step that its parent is gone, saves and leaves.
        """
        deadline = time.monotonic() + LEAVE_SECONDS
        with (self.folder / "lock").open("a") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise OSError("another trainer still holds it") from None
                self.renew()
                time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """One look: copy what is new, hold the lease, pass on what people asked for."""
        self.copy()
        self.renew()
        self.exchange.look()

    def copy(self) -> None:
        offset = self.tail.offset
        lines = self.tail.read()
        if lines:
            for line in lines:
                if line["type"] == "error":
                    self.last_error = line
            try:
                self.run = run_events_copy(self.run.pk, lines)
            except DatabaseError:
                self.tail.offset = offset  # the same lines at the next look
                raise
            if self.run.attempts and self.run.step > self.step_before:
                Run.objects.filter(pk=self.run.pk, lease_owner=self.owner).update(attempts=0)
            self.tell(lines[-1])

    def tell(self, line: dict[str, Any]) -> None:
        """Show progress in the terminal: every few seconds, and each change of state."""
        if line["type"] == "metrics" and time.monotonic() - self.told > TELL_SECONDS:
            self.told = time.monotonic()
            run, data = self.run, line["data"]
            bar = "█" * (20 * run.step // max(1, run.total_steps))
            loss, left = data.get("train_loss"), data.get("seconds_left")
            log.info(
                "%s [%-20s] %d/%d, loss %s, %s left",
                run.name,
                bar,
                run.step,
                run.total_steps,
                f"{loss:.3f}" if loss is not None else "?",
                f"{left:.0f} s" if left is not None else "?",
            )
        elif line["type"] in {"state", "result", "error"}:
            log.info("%s: %s", self.run.name, line["message"])

    def renew(self) -> None:
        if time.monotonic() - self.renewed < min(1.0, settings.LEASE_SECONDS / 5):
            return
        self.renewed = time.monotonic()
        mine = Run.objects.filter(pk=self.run.pk, lease_owner=self.owner, state__in=Run.HELD)
        if not mine.update(lease_until=lease_end()):
            raise LeaseLost
        asked = mine.values_list("request", flat=True).first()
        if asked:
            write_atomically(self.folder / "control", asked)

    def conclude(self, code: int) -> None:
        """Say what the trainer's exit code means for the run."""
        self.run.refresh_from_db()
        if code == EXIT_OK:
            self.succeed()
        elif code == EXIT_CANCELLED:
            self.end(State.CANCELLED, "Cancelled. Its last checkpoint is kept.")
            jobs_cancel(self.run)
        elif code == EXIT_PAUSED:
            self.leave(State.PAUSED, "Paused. Its checkpoint is kept.")
        elif code < 0 or code == EXIT_LEFT:
            self.interrupted(code)
        else:
            self.explain(code)

    def succeed(self) -> None:
        run_publish(self.run)
        self.end(State.SUCCEEDED, "Succeeded. The assistant can be talked to.")

    def interrupted(self, code: int) -> None:
        """The trainer was stopped from outside: go on from its checkpoint, within bounds."""
        reason = signal_reason(-code) if code < 0 else "The trainer was told to leave."
        if self.run.request == Run.Request.CANCEL:
            self.end(State.CANCELLED, f"{reason} A cancel was waiting: cancelled.")
            jobs_cancel(self.run)
        elif self.run.request == Run.Request.PAUSE:
            self.leave(State.PAUSED, f"{reason} A pause was waiting: paused.")
        elif self.run.attempts >= settings.MAX_ATTEMPTS:
            self.fail(
                "interrupted",
                f"{reason} It was started {self.run.attempts} times without a step of progress.",
                hint="If memory ran out, choose a smaller batch or sequence length.",
            )
        else:
            with transaction.atomic():
                run_log(self.run, "warning", f"{reason} It goes on by itself.", level="warn")
                run_enqueue(self.run, "Queued to go on from its last checkpoint.")

    def put_back(self, fault: Fault) -> None:
        """The machine cannot start it now: it waits in the queue, and no start is counted."""
        self.run.refresh_from_db()
        if self.run.request == Run.Request.CANCEL:
            self.end(State.CANCELLED, f"{fault.title}. A cancel was waiting: cancelled.")
        elif self.run.request == Run.Request.PAUSE:
            self.leave(State.PAUSED, f"{fault.title}. A pause was waiting: paused.")
        else:
            self.leave(
                State.QUEUED,
                f"{fault.title}. It starts by itself when that is over.",
                level="warn",
                enqueued_at=timezone.now(),
                attempts=max(0, self.run.attempts - 1),
            )

    def explain(self, code: int) -> None:
        data = self.last_error.get("data", {})
        tail = last_lines(self.folder / "trainer.log")
        self.fail(
            data.get("kind", "exception"),
            self.last_error.get("message") or f"The trainer ended with exit code {code}.",
            hint=data.get("hint", ""),
            trace=data.get("trace_tail") or tail,
        )

    def fail(self, code: str, message: str, hint: str = "", trace: str = "") -> None:
        self.end(
            State.FAILED,
            message,
            level="error",
            error={"code": code, "message": message, "hint": hint, "trace": trace},
        )
        jobs_cancel(self.run, unsent_only=True)

    def end(self, state: str, message: str, **changes: Any) -> None:
        self.leave(state, message, finished_at=timezone.now(), seconds_left=None, **changes)

    def leave(self, state: str, message: str, **changes: Any) -> None:
        """Give the lease back together with the new state."""
        try:
            run_transition(
                self.run.pk,
                state,
                message=message,
                lease=self.owner,
                lease_owner="",
                lease_until=None,
                request=Run.Request.NONE,
                **changes,
            )
        except RunRefused as error:
            raise LeaseLost from error
