"""How many devices a trainer has here, and what a run over several of them cannot do.

Loads torch only in a process of its own. Knows nothing of Django.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache

from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from quantum.backends.registry import BACKENDS

CPU_DEVICES = "WUKONG_TRAINER_CPU_DEVICES"
ASK_SECONDS = 120.0


@lru_cache(maxsize=1)
def devices_here() -> int:
    """Return how many devices one run may take on this machine; asked once a process.

    Where the driver tells of several GPUs, torch is asked in a process of its own, since it may be
    a build that uses none.
    """
    if _gpus() > 1:
        code = "import torch; print(torch.cuda.device_count())"
        with suppress(subprocess.SubprocessError, OSError, ValueError):
            answer = subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                check=True,
                text=True,
                timeout=ASK_SECONDS,
            )
            if (found := int(answer.stdout)) > 0:
                return found
    return cpu_devices()


def cpu_devices() -> int:
    """Return as how many devices the processor counts where there is no GPU."""
    return max(1, int(os.environ.get(CPU_DEVICES) or 1))


def devices_missing(asked: int, there: int) -> Problem | None:
    """Return why a run cannot have the devices that it asks for, or None."""
    if asked <= there:
        return None
    has = "is one" if there == 1 else f"are {there}"
    return Problem("devices", f"{asked} are asked for, and there {has}: take at most {there}")


def devices_conflict(settings: RunSettings) -> Problem | None:
    """Return what in a run's settings does not go with several devices, or None."""
    count, size = settings.devices, settings.batch_size
    if count == 1:
        if settings.sharding == "none":
            return None
        words = "one device has nobody to split the base with: take none, or more devices"
        return Problem("sharding", words)
    if size % count:
        low, high = size - size % count, size - size % count + count
        near = f"{low} or {high}" if low else str(high)
        words = f"{size} dialogues cannot be shared evenly between {count} devices: take {near}"
        return Problem("batch_size", words)
    place = BACKENDS[settings.backend]
    if not place.exact:
        words = (
            f"circuits on {place.title} are counted in shots, which one process asks for: take 1, "
            "or run the circuit on an exact simulator (statevector)"
        )
        return Problem("devices", words)
    return None


def _gpus() -> int:
    """Return how many GPUs the driver tells of; 0 without one."""
    try:
        import pynvml
    except ImportError:
        return 0
    try:
        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0
