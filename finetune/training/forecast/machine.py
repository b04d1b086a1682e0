"""What a machine has for a run: memory, room on the disk, cores. Needs no torch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from quantum.processor import multiplies_bfloat16, usable_cores

LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Machine:
    """Bytes of memory, and of them those that are free now; free bytes of the disk; cores that
    compute; the number format that `auto` means here."""

    memory: int
    free_memory: int
    free_disk: int
    cores: int
    precision: str

    @classmethod
    def here(cls, folder: Path, reserve: int = 0) -> Self:
        """This machine.

        Args:
            folder: on the disk that runs are written to.
            reserve: bytes of it that runs must leave.
        """
        memory = psutil.virtual_memory()
        total = min(memory.total, memory_limit())
        status = os.statvfs(folder)
        physical = psutil.cpu_count(logical=False) or 1
        return cls(
            memory=total,
            free_memory=min(memory.available, total),
            free_disk=max(0, status.f_bavail * status.f_frsize - reserve),
            cores=max(1, min(physical, usable_cores())),
            precision="bfloat16" if multiplies_bfloat16() else "float32",
        )


def memory_limit(path: Path = LIMIT) -> int:
    """The container's limit in bytes; a very large number where there is none."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or "max"
        return 2**62
