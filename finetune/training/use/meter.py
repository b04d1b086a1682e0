"""What one trainer's process has taken, written beside the run's log while it works.

    RUN_DIR/use/START-PID.json

One file for each process that has worked on the run, so that a run's use is the sum of its files,
whatever became of each: a trainer that is killed leaves what it had taken a moment before. Knows
nothing of Django.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .energy import Energy

FOLDER = "use"
WRITE_SECONDS = 2.0


@dataclass(frozen=True)
class Use:
    """What a run has taken so far, of all its trainers.

    Attributes:
        seconds: of the wall's clock.
        processor_seconds: of all cores.
        peak_bytes: the most memory that one of its trainers held.
        joules: energy.
        source: how that is known.
        measured: what the forecast learns from, added up: steps and their seconds.
    """

    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_bytes: int = 0
    joules: float = 0.0
    source: str = ""
    measured: Mapping[str, float] | None = None

    @classmethod
    def of(cls, folder: Path) -> Use:
        """Add up what the trainers of a run have written.

        Args:
            folder: the run's.
        """
        parts = list(written(folder))
        names = {name for part in parts for name in part.get("measured", {})}
        return cls(
            seconds=sum(part["seconds"] for part in parts),
            processor_seconds=sum(part["processor_seconds"] for part in parts),
            peak_bytes=max((part["peak_bytes"] for part in parts), default=0),
            joules=sum(part["joules"] for part in parts),
            source="; ".join(dict.fromkeys(part["source"] for part in parts)),
            measured={
                name: sum(part.get("measured", {}).get(name, 0) for part in parts)
                for name in sorted(names)
            },
        )

    @property
    def result(self) -> dict[str, Any]:
        """As a run's result tells it."""
        return {
            "processor_seconds": round(self.processor_seconds, 1),
            "peak_memory_mb": round(self.peak_bytes / 2**20),
            "energy_joules": round(self.joules, 1),
            "energy_source": self.source,
        }


def written(folder: Path) -> Iterator[dict[str, Any]]:
    """What each process has written; a file that cannot be read is left out."""
    for path in sorted((folder / FOLDER).glob("*.json")):
        with suppress(OSError, ValueError):
            part = json.loads(path.read_text(encoding="utf-8"))
            if {"seconds", "processor_seconds", "peak_bytes", "joules", "source"} <= set(part):
                yield part


class Meter:
    """Looks at this process.

    Args:
        folder: the run's.
        whole: whether all that the process has taken is the run's, as in a trainer of its own.
    """

    def __init__(self, folder: Path, *, whole: bool = False) -> None:
        self._path = folder / FOLDER / f"{time.time():.0f}-{os.getpid()}.json"
        self._before = 0.0 if whole else processor_seconds()
        self._start = time.monotonic()
        self._written = -WRITE_SECONDS
        self._energy = Energy()
        self.measured: Callable[[], Mapping[str, float]] = dict

    def look(self) -> None:
        """Read the counters; write every few seconds. For a thread that looks all the time."""
        self._energy.look()
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what was taken so far; where the disk takes nothing, the next time counts."""
        self._written = time.monotonic()
        processor = processor_seconds() - self._before
        joules, source = self._energy.joules(processor)
        values = {
            "seconds": round(self._written - self._start, 2),
            "processor_seconds": round(processor, 2),
            "peak_bytes": peak_bytes(),
            "joules": round(joules, 1),
            "source": source,
            "measured": dict(self.measured()),
        }
        partial = self._path.with_name(f".{self._path.name}")
        with suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            partial.write_text(json.dumps(values) + "\n", encoding="utf-8")
            partial.replace(self._path)


def processor_seconds() -> float:
    """Of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_bytes() -> int:
    """The most memory that this process has held. `ru_maxrss` of Linux would include that of the
    process it was forked from."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak
