"""What this machine's processor is good at: asked at start, never assumed. Needs no torch."""

from __future__ import annotations

import os
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def multiplies_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether it has units for matrix products in bfloat16 (AMX).

    With them such products are several times as fast as in float32; without them, some forty times
    as slow. Where nothing tells (macOS), the answer is no.
    """
    try:
        return "amx_bf16" in cpuinfo.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False


def usable_cores(quota: Path = QUOTA) -> int:
    """How many cores this process may use: its affinity, and the quota of its container."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cores = os.cpu_count() or 1
    try:
        share, period = quota.read_text(encoding="ascii").split()
        return max(1, min(cores, int(share) // int(period)))
    except (OSError, ValueError):  # no such file, or "max": no limit
        return cores
