"""What a worker does with one run: claim it, start its trainer, copy its log, explain its end.

The trainer is an own process (`python -m finetune.training RUN_DIR`), so that its death, whatever
the cause, leaves a worker that can say why and go on from the last checkpoint.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import time
import uuid
from typing import Any

from django.db import DatabaseError
from structlog.contextvars import bound_contextvars

from finetune.condition import NEARLY_FULL, READY, data_condition
from finetune.exceptions import RunRefused
from finetune.runs.events import EventTail, run_events_copy
from finetune.runs.models import Run
from finetune.training.exceptions import DamagedLog
from finetune.training.log.sentences import joined, parts_of, sentence
from finetune.training.supervision import HEARTBEAT, ExitCode
from finetune.training.watch.advice import less_memory

from .conclusions import HoldLost, run_succeed
from .exchange import Exchange
from .folders import control_write, folder_prepare
from .hold import Hold, LeaseLost, claim_next
from .patience import Patience
from .pulse import Pulse
from .records import record_match
from .silence import silence_ends, silence_tell
from .trainer_process import (
    folder_free,
    folder_holder,
    last_lines,
    memory_kills,
    orphan_end,
    signal_reason,
    start,
    stop,
)

log = logging.getLogger(__name__)
State = Run.State
Request = Run.Request
LOOK_SECONDS = 0.1
LEAVE_SECONDS = 30.0  # that an orphan has to leave the folder
HEED_SECONDS = 30.0  # that a trainer has to heed a cancel; it needs one, and a checkpoint's time
TELL_SECONDS = 10.0
MEMORY_ATTEMPTS = 2  # starts without a step between, after which memory is what is missing


def run_execute(run_id: int) -> None:
    """Carry out the run whose turn it is to its end; return at once where none is to be had.

    Args:
        run_id: the run whose message this is. It says that something waits, not what comes next.
    """
    if (state := data_condition()) not in (READY, NEARLY_FULL):
        # It stays in the queue; the reaper sends another message until there is room.
        log.warning("run %s waits: the data folder is not usable (%s)", run_id, state)
        return
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    run = claim_next(owner)
    if run is not None:
        with bound_contextvars(run=run.public_id):  # in every line of the log
            Execution(run, owner).carry_out()


class Execution(Hold):
    """A hold on a run with its trainer: started, watched, its log copied, its end explained."""

    def __init__(self, run: Run, owner: str) -> None:
        super().__init__(run, owner)
        self.tail = EventTail(self.folder / "events.jsonl")
        self.exchange = Exchange(run)
        self.step_before = run.step
        self.last_error: dict[str, Any] = {}
        self.patience = Patience(run)
        self.told = 0.0
        self.signalled = False
        self.trainer: subprocess.Popen[bytes] | None = None
        self.why = ""
        self.pulse = Pulse(self.folder / HEARTBEAT)
        self.told_silent = False
        self.kills_before = memory_kills()

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
            self.kills_before = memory_kills()
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
        if code == ExitCode.SUCCEEDED:
            self.settle(run_succeed)
        elif code == ExitCode.CANCELLED:
            self.stopped(Request.CANCEL)
        elif code == ExitCode.PAUSED:
            self.stopped(Request.PAUSE)
        elif code == ExitCode.ALREADY_RUNNING:
            self.folder_held()
        elif code == -signal.SIGKILL and not self.why and memory_kills() > self.kills_before:
            self.without_memory()
        elif code < 0 or code == ExitCode.INTERRUPTED:
            left = "The trainer was told to leave."
            self.interrupted(self.why or (signal_reason(-code) if code < 0 else left))
        else:
            self.explain(code)

    def without_memory(self) -> None:
        """The system ended the trainer: it starts once more, in case others held the memory."""
        held = self.run.latest.get("memory_mb")
        reason = joined(
            sentence("The system ended the trainer because memory ran out."),
            sentence("It held %(size)s GB last.", size=f"{held / 1024:.1f}") if held else "",
        )
        advice = less_memory(self.run.settings)
        stuck = self.run.step == self.step_before and self.run.attempts >= MEMORY_ATTEMPTS
        if stuck and not self.asked:
            self.fail(
                "out_of_memory",
                reason,
                advice.words,
                changes=advice.changes,
                parts=parts_of(reason),
                hint_parts=parts_of(advice.words),
            )
        else:
            self.interrupted(reason, hint=advice.words)

    def explain(self, code: int) -> None:
        data = self.last_error.get("data", {})
        tail = last_lines(self.folder / "trainer.log")
        self.fail(
            data.get("kind", "exception"),
            self.last_error.get("message") or f"The trainer ended with exit code {code}.",
            hint=data.get("hint", ""),
            trace=data.get("trace_tail") or tail,
            changes=data.get("changes") or {},
            parts=data.get("parts") or [],
        )
