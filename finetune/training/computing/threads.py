"""How many threads a trainer takes: what nobody else uses, and at least half of the cores.

Half, since a burst of other work in the moment of the start must not slow a run for hours; people
who talk meanwhile go first anyway (`nice`). Knows nothing of torch.
"""

from __future__ import annotations

import os
from typing import Any

import psutil

from quantum.processor import usable_cores

LOOK_SECONDS = 0.5


def free_threads(seconds: float = LOOK_SECONDS) -> int:
    """Return how many threads to compute with, after a look at the cores of this process.

    Args:
        seconds: how long to look.
    """
    usable = usable_cores()
    idle = idle_cores(seconds)
    return max(1, (usable + 1) // 2, min(usable, round(idle)))


def idle_cores(seconds: float) -> float:
    """Return how many of this process's cores were idle on average, as a sum of their shares."""
    cores = psutil.cpu_times_percent(interval=seconds, percpu=True)
    shares = [_idle_share(core) for core in cores]
    try:
        own = os.sched_getaffinity(0)
    except AttributeError:  # macOS
        return sum(shares)
    return sum(share for number, share in enumerate(shares) if number in own)


def _idle_share(core: Any) -> float:
    """Of a core's parts; in less than a second psutil has them add up to less than 100."""
    idle = float(core.idle + getattr(core, "iowait", 0.0))
    whole = float(sum(core))
    return idle / whole if whole else 1.0
