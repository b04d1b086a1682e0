"""The first process of a run starts those of the other devices, watches them and ends them.

It is the trainer that a worker or a person started: its log, its exit code and its death are the
run's, as on one device. Another process has nothing to keep and leaves when the first is gone; one
that dies or fails takes the run along, whatever the others wait for at that moment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from finetune.training.exceptions import DeviceDied, DeviceFailed, TrainingError
from finetune.training.log.events import EventLog
from finetune.training.supervision import DEVICES, HEARTBEAT, LOOK_SECONDS, ExitCode, Supervision
from finetune.training.use.meter import Meter

from .group import ALONE, Group, joined

GRACE_SECONDS = 5.0  # in which this process comes to an error of its own once another is gone
LEAVE_SECONDS = 30.0
SILENT_SECONDS = 10.0
Lost = DeviceDied | DeviceFailed


@contextmanager
def together(
    folder: Path, count: int, supervision: Supervision, stuck: Callable[[Lost], None]
) -> Iterator[Group]:
    """Start a run's other processes, and have them gone at the end.

    Args:
        folder: the run's.
        count: devices of the run.
        supervision: beats on only while the others beat.
        stuck: called, from beside, where another is gone and this process waits for it: it must end
            the process.

    Raises:
        DeviceDied: the system or a person ended another process.
        DeviceFailed: another process failed by itself.
    """
    if count == 1:
        yield ALONE
        return
    others = Others(folder, count, stuck)
    supervision.beats = others.beat
    try:
        with joined(others.meeting, 0, count) as group:
            yield group
        others.leave()
    except Exception as error:
        lost = None if isinstance(error, TrainingError) else others.lost_soon()
        if lost is not None:
            raise lost from error
        raise
    finally:
        others.end()


class Others:
    """The processes of all devices but the first.

    Args:
        folder: the run's.
        count: devices of the run.
        stuck: as in `together`.
    """

    def __init__(self, folder: Path, count: int, stuck: Callable[[Lost], None]) -> None:
        self._folder = folder / DEVICES
        self._stuck = stuck
        self._over = threading.Event()
        self._started = time.time()
        self._folder.mkdir(exist_ok=True)
        for old in self._folder.glob("*.*"):
            old.unlink()
        self.meeting = self._folder / f"{uuid.uuid4().hex}.meeting"
        self._processes = {
            rank: subprocess.Popen(
                [
                    *(sys.executable, "-m", "finetune.training", str(folder)),
                    *("--parent", str(os.getpid()), "--rank", str(rank)),
                    *("--meeting", str(self.meeting)),
                ],
                stdin=subprocess.DEVNULL,
            )
            for rank in range(1, count)
        }
        threading.Thread(target=self._watch, name="devices", daemon=True).start()

    def beat(self) -> bool:
        """Tell whether all of them were alive lately: one that is stopped stops the run's beat."""
        now = time.time()
        return all(
            process.returncode is not None or now - self._beaten(rank) < SILENT_SECONDS
            for rank, process in self._processes.items()
        )

    def lost(self) -> Lost | None:
        """Return what became of the first that is gone and should not be, or None."""
        for rank, process in self._processes.items():
            if (code := process.poll()) is not None and code < 0:
                return DeviceDied(rank + 1, -code)
        reports = [
            self._report(rank, process.returncode)
            for rank, process in self._processes.items()
            if process.returncode
        ]
        # One that fails has the others fail, whose messages would tell of nothing but that.
        return DeviceFailed(min(reports, key=lambda report: report["time"])) if reports else None

    def lost_soon(self) -> Lost | None:
        """The same, after a while in which it may turn out; only where this process has failed."""
        deadline = time.monotonic() + GRACE_SECONDS
        while (lost := self.lost()) is None and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return lost

    def leave(self) -> None:
        """Wait for them to leave by themselves. Raises what `together` does."""
        self._over.set()
        deadline = time.monotonic() + LEAVE_SECONDS
        for process in self._processes.values():
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()  # all is done: what it hangs at is its own end
                process.wait()

    def end(self) -> None:
        """End those that are left; they have nothing to keep."""
        self._over.set()
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self.meeting.unlink(missing_ok=True)

    def _watch(self) -> None:
        """Have this process ended where it waits for one that is gone."""
        while not self._over.wait(LOOK_SECONDS):
            lost = self.lost()
            if lost is not None and not self._over.wait(GRACE_SECONDS):
                self._stuck(self.lost() or lost)
                return

    def _beaten(self, rank: int) -> float:
        try:
            seen = (self._folder / str(rank) / HEARTBEAT).stat().st_mtime
        except FileNotFoundError:
            seen = 0.0
        return max(seen, self._started)

    def _report(self, rank: int, code: int) -> dict[str, Any]:
        try:
            report: dict[str, Any] = json.loads(report_path(self._folder, rank).read_bytes())
            return report
        except (OSError, ValueError):
            words = f"The process of device {rank + 1} ended with exit code {code}."
            return {"time": time.time(), "kind": "exception", "message": words}


def report_path(folder: Path, rank: int) -> Path:
    """Where a process writes why it failed."""
    return folder / f"{rank}.json"


def end_like(death: DeviceDied, log: EventLog, meter: Meter) -> NoReturn:
    """End this process by the signal that ended another, so that whoever started it sees that."""
    log.emit("warning", f"{death} Started again, the run goes on from its last checkpoint.")
    log.sync()
    meter.write()
    os.kill(os.getpid(), death.number)
    os._exit(ExitCode.INTERRUPTED)  # a signal that this process takes for a request
