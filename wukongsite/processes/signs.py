"""A worker's sign of life: a small file that it writes every few seconds, for the console.

A file, not a message: it tells about a worker also while the broker is away, and a worker whose one
process computes for two minutes (`--pool solo`) writes it from a thread of its own.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery.signals import worker_ready
from celery.worker import state
from django.conf import settings

from finetune.files import write_whole
from finetune.training.devices.count import devices_here

log = logging.getLogger(__name__)
WRITE_SECONDS = 2.0


@dataclass(frozen=True)
class Sign:
    """What a worker said of itself last.

    Attributes:
        name: its node name, as `train@host`.
        heard: when, in seconds since the epoch.
        busy: what it is at, as pairs of task and start.
    """

    name: str
    heard: float
    pid: int
    busy: list[tuple[str, float]]


def signs_folder() -> Path:
    return Path(settings.DATA_DIR) / "workers"


def sign_write(name: str, beat: int | None = None) -> None:
    folder = signs_folder()
    folder.mkdir(exist_ok=True)
    busy = [
        (request.name.rpartition(".")[2], request.time_start or time.time())
        for request in list(state.active_requests)
    ]
    sign: dict[str, Any] = {"pid": os.getpid(), "beat": beat, "heard": time.time(), "busy": busy}
    if name.startswith("train"):
        sign["devices"] = devices_here()  # asked for by `finetune.runs.worker.devices`
    write_whole(folder / f"{name}.json", json.dumps(sign))


def signs_read() -> list[Sign]:
    """The newest sign of every worker that ever worked on this data folder."""
    signs = []
    for path in sorted(signs_folder().glob("*.json")):
        try:
            sign = json.loads(path.read_text())
            busy = [(str(task), float(since)) for task, since in sign["busy"]]
            signs.append(Sign(path.stem, float(sign["heard"]), int(sign["pid"]), busy))
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the sign %s cannot be read: %s", path.name, error)
    return signs


@worker_ready.connect
def signs_begin(sender: Any, **_: Any) -> None:
    """Write signs from now on, and look after the beat process, which Celery leaves alone."""
    controller = sender.controller
    threading.Thread(
        target=signs_keep, args=(controller.hostname, controller), name="signs", daemon=True
    ).start()


def signs_keep(name: str, controller: Any) -> None:
    while True:
        try:
            sign_write(name, getattr(controller.beat, "pid", None))
        except OSError as error:
            log.warning("no sign of life written: %s", error)
        died = beat_died(controller.beat)
        time.sleep(WRITE_SECONDS)
        if died and not stopping():  # told to leave as a group, both hear it at about the same time
            log.error("The beat process has died: the worker leaves, to be started again.")
            os.kill(os.getpid(), signal.SIGTERM)
            return


def stopping() -> bool:
    """Whether this worker was told to leave, and ends its scheduler itself."""
    return state.should_stop not in (None, False) or state.should_terminate not in (None, False)


def beat_died(beat: Any) -> bool:
    """Whether the embedded scheduler was started and is gone: nothing would be reaped any more."""
    return getattr(beat, "exitcode", None) is not None
