"""One studio per data folder: a lock that the kernel frees however its holder ends."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any


class StudioRunning(Exception):
    """Another studio holds this data folder. `info` has its `url` and `pid`."""

    def __init__(self, info: dict[str, Any]) -> None:
        super().__init__(info)
        self.info = info


def studio_lock(folder: Path, url: str) -> int:
    """Take the lock and return its descriptor, which stays open across `exec`.

    Raises:
        StudioRunning: it is taken.
    """
    descriptor = os.open(folder / "studio.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raw = os.pread(descriptor, 4096, 0).decode("utf-8", "replace")
        os.close(descriptor)
        raise StudioRunning(json.loads(raw) if raw.startswith("{") else {}) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor


def studio_running(folder: Path) -> dict[str, Any] | None:
    """What the running studio of this folder says of itself, or None."""
    try:
        os.close(studio_lock(folder, ""))
    except StudioRunning as running:
        return running.info
    return None
