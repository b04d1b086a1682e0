"""What a worker does with one run: claim it, start its trainer, copy its log, explain its end.

The trainer is an own process (`python -m finetune.training RUN_DIR`), so that its death, whatever
the cause, leaves a worker that can say why and go on from the last checkpoint.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from finetune.condition import NEARLY_FULL, READY, data_condition
from finetune.exceptions import RunRefused
from finetune.faults import fault_of
from finetune.runs.events import EventTail, run_events_copy
from finetune.runs.models import Run
from finetune.runs.transitions import run_transition
from finetune.training.exceptions import DamagedLog
from finetune.training.supervision import HEARTBEAT

from .conclusions import HoldLost, run_fail, run_interrupt, run_put_back, run_stop, run_succeed
from .exchange import Exchange
from .folders import PASSES, control_write, folder_prepare, storage_problem
from .patience import Patience
from .pulse import Pulse
from .records import record_match
from .silence import silence_ends, silence_tell
from .trainer_process import (
    folder_free,
    folder_holder,
    last_lines,
    orphan_end,
    signal_reason,
    start,
    stop,
)

log = logging.getLogger(__name__)
State = Run.State
Request = Run.Request
LOOK_SECONDS = 0.1
ASK_SECONDS = 0.25  # how often a request is looked for
EXIT_OK, EXIT_FAILED, EXIT_BAD_CONFIG, EXIT_CANCELLED, EXIT_PAUSED, EXIT_LEFT = 0, 1, 2, 3, 4, 5
EXIT_HELD = 6
LEAVE_SECONDS = 30.0  # that an orphan has to leave the folder
HEED_SECONDS = 30.0  # that a trainer has to heed a cancel; it needs one, and a checkpoint's time
TELL_SECONDS = 10.0
MEMORY_HINT = "If memory ran out, choose a smaller batch or sequence length."


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
        self.looked = 0.0
        self.told = 0.0
        self.asked = ""
        self.asked_at = 0.0
        self.signalled = False
        self.trainer: subprocess.Popen[bytes] | None = None
        self.why = ""
        self.pulse = Pulse(self.folder / HEARTBEAT)
        self.told_silent = False

    def carry_out(self) -> None:
        """From the folder to the end; a run that another worker has taken is left alone."""
        try:
            self.train()
        except (LeaseLost, HoldLost):
            log.warning("%s: another worker has taken it", self.run.public_id)

    def train(self) -> None:
        try:
            folder_prepare(self.run)
            self.exchange.prepare()
            if not self.wait_for_folder():
                return
            self.run = record_match(self.run, self.owner)
            self.step_before = self.run.step
            self.trainer = trainer = start(self.folder)
            self.pulse = Pulse(self.folder / HEARTBEAT)
            while trainer.poll() is None:
                self.patience.allows(lambda: self.look(trainer))
                time.sleep(LOOK_SECONDS)
            code = trainer.returncode
            self.patience.insist(self.copy, meanwhile=self.renew)
            self.patience.insist(lambda: self.conclude(code), meanwhile=self.renew)
        except DamagedLog as error:
            self.fail("damaged_log", f"The run's record cannot be read. {error}")
        except OSError as error:
            self.storage_failed(error)
        except HoldLost:
            raise
        except RunRefused as error:
            self.fail(error.code, error.message)
        finally:
            if self.trainer is not None and self.trainer.poll() is None:
                stop(self.trainer)

    def wait_for_folder(self) -> bool:
        """Wait until the trainer of a worker that died has left the folder.

        Such a trainer notices in a moment that its parent is gone, saves and leaves. One that is
        stopped, or hangs, is ended. Returns False where the run was given back instead.
        """
        deadline = time.monotonic() + LEAVE_SECONDS
        while not folder_free(self.folder):
            self.renew()
            if self.asked:
                self.stopped(self.asked)
                return False
            if time.monotonic() > deadline:
                if not orphan_end(self.folder):
                    self.folder_held()
                    return False
                deadline = time.monotonic() + LEAVE_SECONDS
            time.sleep(LOOK_SECONDS)
        return True

    def folder_held(self) -> None:
        """Somebody else trains in the folder: that is to wait for, and no failure of the run's."""
        pid = folder_holder(self.folder)
        self.interrupted(
            f"Another trainer (process {pid or 'unknown'}) still works in its folder.",
            hint="Wait for its end, or end it, then queue the run again.",
        )

    def look(self, trainer: subprocess.Popen[bytes]) -> None:
        """One look: copy what is new, hold the lease, pass on what people asked for."""
        self.copy()
        self.renew()
        self.exchange.look()
        self.silence(trainer)

    def silence(self, trainer: subprocess.Popen[bytes]) -> None:
        """Say on the run's page when the trainer is silent; end it when that lasts.

        Where somebody asked it to leave, it is not waited for: what is silent does not hear, and
        what does not heed a cancel has nothing to keep that its last checkpoint does not have.
        """
        seconds = self.pulse.look()
        self.told_silent = silence_tell(self.run.pk, seconds, told=self.told_silent)
        unheard = self.asked and self.told_silent
        if silence_ends(seconds) or unheard:
            self.end(trainer, f"The trainer gave no sign of life for {seconds:.0f} s")
        elif self.asked == Request.CANCEL and time.monotonic() - self.asked_at > HEED_SECONDS:
            self.end(trainer, f"The trainer did not leave within {HEED_SECONDS:.0f} s")

    def end(self, trainer: subprocess.Popen[bytes], why: str) -> None:
        self.why = f"{why} and was ended."
        trainer.kill()
        trainer.wait()

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
        """Hold the lease; see what was asked for, and put it where the trainer looks."""
        now = time.monotonic()
        mine = Run.objects.filter(pk=self.run.pk, lease_owner=self.owner, state__in=Run.HELD)
        if now - self.renewed >= min(1.0, settings.LEASE_SECONDS / 5):
            self.renewed = now
            if not mine.update(lease_until=lease_end()):
                raise LeaseLost
        if now - self.looked >= ASK_SECONDS:
            self.looked = now
            asked = mine.values_list("request", flat=True).first() or Request.NONE
            if asked != self.asked:
                self.asked, self.asked_at = asked, now
            if self.asked:
                self.pass_on(self.asked)

    def pass_on(self, request: str) -> None:
        """Tell the trainer what was asked for; by a signal where the disk takes no file."""
        try:
            control_write(self.folder, request)
        except OSError:
            if self.trainer is None or self.signalled:
                return
            self.signalled = True
            self.trainer.terminate()  # it leaves, and the request is read again at the end

    def conclude(self, code: int) -> None:
        """Say what the trainer's exit code means for the run."""
        if code == EXIT_OK:
            self.settle(run_succeed)
        elif code == EXIT_CANCELLED:
            self.stopped(Request.CANCEL)
        elif code == EXIT_PAUSED:
            self.stopped(Request.PAUSE)
        elif code == EXIT_HELD:
            self.folder_held()
        elif code < 0 or code == EXIT_LEFT:
            left = "The trainer was told to leave."
            self.interrupted(self.why or (signal_reason(-code) if code < 0 else left))
        else:
            self.explain(code)

    def stopped(self, request: str) -> None:
        self.settle(run_stop, request)
        (self.folder / "control").unlink(missing_ok=True)  # it may have been written once more

    def interrupted(self, reason: str, hint: str = MEMORY_HINT) -> None:
        """The trainer was stopped from outside: go on from its checkpoint, within bounds."""
        self.settle(
            run_interrupt,
            reason,
            bound=f"{reason} It was started {{}} times without a step of progress.",
            hint=hint,
        )

    def storage_failed(self, error: OSError) -> None:
        """The system refused something: wait for what passes, fail for the rest."""
        fault = fault_of(error)
        if fault is not None and error.errno not in (errno.EACCES, errno.EPERM):
            self.settle(run_put_back, fault.title)
            return
        code, message, hint = storage_problem(error)
        if code in PASSES:
            self.settle(run_put_back, message.removesuffix("."))
        else:
            self.fail(code, message, hint)

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
        error = {"code": code, "message": message, "hint": hint, "trace": trace}
        self.settle(run_fail, error)

    def settle(self, ending: Callable[..., Run], *arguments: Any, **options: Any) -> None:
        """End this hold in one of the ways of `conclusions`."""
        try:
            ending(self.run.pk, self.owner, *arguments, **options)
        except HoldLost as error:
            raise LeaseLost from error
