"""Process groups: whether one lives, and how it is ended. A service and all that it starts are one.

Knows nothing of services or of Django.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterable

import psutil

GRACE_SECONDS = 12.0
LOOK_SECONDS = 0.05


def signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # gone; macOS says EPERM where only zombies are
        pass


def group_lives(group: int) -> bool:
    """Whether any process of the group is left that is not a zombie.

    A zombie whose parent never looks after it would hold the group's number for ever.
    """
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return any(is_member(process, group) for process in psutil.process_iter())


def is_member(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False


def end_groups(groups: Collection[int], grace: float = GRACE_SECONDS) -> None:
    """SIGTERM to all of them, SIGKILL to what is left after a while; returns when they are gone."""
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while left := living(groups):
        if time.monotonic() > deadline:
            for group in left:
                signal_group(group, signal.SIGKILL)
            return
        time.sleep(LOOK_SECONDS)


def living(groups: Iterable[int]) -> list[int]:
    return [group for group in groups if group_lives(group)]
