"""One of a run's other processes: it computes its share, and writes nothing of the run."""

from __future__ import annotations

import json
import time
import traceback
from pathlib import Path

from finetune.files import write_whole
from finetune.training.config import RunConfig
from finetune.training.log.events import Event, EventLog, read_events
from finetune.training.log.failures import explain, failure_data
from finetune.training.run import work
from finetune.training.supervision import DEVICES, ExitCode, Supervision

from .group import joined
from .launch import report_path


class FollowedLog(EventLog):
    """The log of a run that another process writes: here it is known and not written.

    What both add from now on is the same where it decides anything: losses of steps and
    evaluations.
    """

    def _open(self) -> None:
        for event in read_events(self.path):
            self._remember(event)

    def _append(self, event: Event, *, durable: bool) -> None:
        """Nothing: the first process writes it."""

    def sync(self) -> None:
        """Nothing: see `_append`."""

    def close(self) -> None:
        """Nothing: see `_append`."""


def follow(folder: Path, rank: int, meeting: Path, supervision: Supervision) -> int:
    """Compute as one of a run's devices, until the first process says that it is over.

    Args:
        folder: the run folder.
        rank: this process's number, from 1.
        meeting: the file through which the processes find each other.
        supervision: leaves when the first process is gone.

    Returns:
        The exit code, an `ExitCode`.
    """
    folder = folder.absolute()
    try:
        config = RunConfig.read(folder / "config.json")
        log = FollowedLog(folder / "events.jsonl")
        with joined(meeting, rank, config.devices) as group:
            work(folder, config, log, supervision, group)
    except Exception as error:
        report = {"time": time.time(), **failure_data(explain(error, folder), error)}
        traceback.print_exc()
        write_whole(report_path(folder / DEVICES, rank), json.dumps(report))
        return ExitCode.FAILED
    return ExitCode.SUCCEEDED
