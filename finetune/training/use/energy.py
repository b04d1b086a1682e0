"""Energy that a trainer takes, in joules: by the processor's and the GPU's own counters where they
can be read, else by an assumption that is named.

A processor's counter (RAPL, `/sys/class/powercap`) counts for all that runs on it: this process
gets its share of the time that the processor was busy. Many systems let only root read it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

POWERCAP = Path("/sys/class/powercap")
WATTS = 10.0
"""Assumed for a busy core with its part of memory and power supply, where nothing measures it."""
RAPL, NVML = "RAPL", "NVML"
ESTIMATED = f"estimated: {WATTS:g} W for each busy core"


@dataclass
class Counter:
    """A RAPL domain, which starts again from 0 at its range."""

    path: Path
    range: int
    last: int
    total: int = 0

    def read(self) -> None:
        now = int(self.path.read_text(encoding="ascii"))
        self.total += now - self.last if now >= self.last else now + self.range - self.last
        self.last = now


@dataclass
class Energy:
    """Joules since it was made.

    Args:
        powercap: where the kernel shows RAPL.
    """

    powercap: Path = POWERCAP
    counters: list[Counter] = field(init=False)
    gpus: list[tuple[Any, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.counters = [counter for path in self._packages() if (counter := opened(path))]
        self.gpus = gpus_opened()
        self._busy = busy_seconds()

    def _packages(self) -> list[Path]:
        """Whole packages: their parts are counted in them."""
        return [
            path for path in sorted(self.powercap.glob("intel-rapl:*")) if path.name.count(":") == 1
        ]

    def look(self) -> None:
        """Read the counters: often enough that none goes round twice between."""
        with suppress(OSError, ValueError):
            for counter in self.counters:
                counter.read()

    def joules(self, processor_seconds: float) -> tuple[float, str]:
        """Return what was taken since the start, and how that is known.

        Args:
            processor_seconds: that this process has had since the start.
        """
        self.look()
        if self.counters:
            busy = max(processor_seconds, busy_seconds() - self._busy)
            share = processor_seconds / busy if busy else 0.0
            taken = share * sum(counter.total for counter in self.counters) / 1e6
            source = RAPL
        else:
            taken, source = processor_seconds * WATTS, ESTIMATED
        if self.gpus:
            taken += sum(gpu_energy(handle) - first for handle, first in self.gpus) / 1e3
            source = f"{source}, {NVML}"
        return taken, source


def opened(domain: Path) -> Counter | None:
    """A domain's counter, or None where it may not be read."""
    path = domain / "energy_uj"
    try:
        first = int(path.read_text(encoding="ascii"))
        return Counter(path, int((domain / "max_energy_range_uj").read_text("ascii")), first)
    except (OSError, ValueError):
        return None


def busy_seconds() -> float:
    """Seconds of all cores in which something ran."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    return float(sum(times[:8]) - idle)  # the last two of Linux stand in the first two already


def gpus_opened() -> list[tuple[Any, int]]:
    """The GPUs that this process sees, each with its counter's state; none without the driver."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
        asked = os.environ.get("CUDA_VISIBLE_DEVICES")
        chosen = range(count) if asked is None else [int(n) for n in asked.split(",") if n]
        handles = [pynvml.nvmlDeviceGetHandleByIndex(number) for number in chosen]
        return [(handle, gpu_energy(handle)) for handle in handles]
    except (pynvml.NVMLError, ValueError):  # no driver, an old GPU, devices named by their UUID
        return []


def gpu_energy(handle: Any) -> int:
    """Millijoules since the driver was loaded."""
    import pynvml

    return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))
