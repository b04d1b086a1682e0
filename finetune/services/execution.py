"""What a worker does with one run: claim it, start its trainer, copy its log, explain its end.

The trainer is an own process (`python -m finetune.training RUN_DIR`), so that its death, whatever
the cause, leaves a worker that can say why and go on from the last checkpoint.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.exceptions import RunRefused
from finetune.models import Run
from finetune.training.args import RunConfig

from .assistants import run_publish
from .events import EventTail, run_events_copy
from .runs import run_enqueue
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
        self.step_before = run.step
        self.last_error: dict[str, Any] = {}
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
            self.prepare()
            self.wait_for_folder()
            trainer = self.start()
            while trainer.poll() is None:
                self.look()
                time.sleep(LOOK_SECONDS)
            self.copy()
            self.conclude(trainer.returncode)
        except OSError as error:
            self.fail("storage", f"The run's folder cannot be written: {error}.")
        finally:
            if trainer is not None and trainer.poll() is None:
                stop(trainer)

    def prepare(self) -> None:
        """Write the run's folder: its own copy of the data, and the settings with their paths."""
        self.folder.mkdir(parents=True, exist_ok=True)
        train, validation = self.folder / "train.jsonl", self.folder / "validation.jsonl"
        if not (self.folder / "config.json").exists():
            own, other = self.run.dataset, self.run.validation_dataset
            if other is None:
                copy_files([own.train_file], train)
                copy_files([own.validation_file], validation)
            else:
                copy_files([own.train_file, own.validation_file], train)
                copy_files([other.train_file, other.validation_file], validation)
            config = RunConfig.from_dict(
                {
                    **self.run.config,
                    "base_model": self.run.base.source,
                    "train_file": str(train),
                    "validation_file": str(validation),
                    "threads": self.run.config.get("threads") or settings.TRAINER_THREADS,
                }
            )
            write_atomically(self.folder / "config.json", config.to_json())
        (self.folder / "control").unlink(missing_ok=True)

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

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "OMP_WAIT_POLICY": "PASSIVE",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONUNBUFFERED": "1",
        }
        with (self.folder / "trainer.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "finetune.training", str(self.folder)],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def look(self) -> None:
        """One look: copy what is new, hold the lease, pass on what people asked for."""
        self.copy()
        self.renew()

    def copy(self) -> None:
        lines = self.tail.read()
        if lines:
            for line in lines:
                if line["type"] == "error":
                    self.last_error = line
            self.run = run_events_copy(self.run.pk, lines)
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


def copy_files(sources: list[Path], target: Path) -> None:
    partial = target.with_name(f".{target.name}")
    with partial.open("wb") as handle:
        for source in sources:
            with source.open("rb") as part:
                shutil.copyfileobj(part, handle)
    partial.rename(target)


def write_atomically(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def stop(trainer: subprocess.Popen[bytes]) -> None:
    """Ask a trainer to save and leave; end it where it does not."""
    trainer.send_signal(signal.SIGTERM)
    try:
        trainer.wait(timeout=30)
    except subprocess.TimeoutExpired:
        trainer.kill()
        trainer.wait()


def signal_reason(number: int) -> str:
    if number == signal.SIGKILL:
        return "The trainer was killed (signal 9), most often because memory ran out."
    return f"The trainer was ended by signal {number} ({signal.strsignal(number)})."


def last_lines(path: Path, count: int = 20) -> str:
    """The end of a log file, for the explanation of a failure."""
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - 16_384))
            return "\n".join(handle.read().decode("utf-8", "replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
