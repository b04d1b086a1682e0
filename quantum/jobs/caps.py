"""Caps on what may be sent: circuits, shots and processor seconds of a run, a user and a day.

Pure: a ledger sums what was used and calls ``check_caps`` in the transaction that plans a job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from quantum.exceptions import CapExceededError
from quantum.jobs.job import NewJob

CapKind = Literal["run", "user", "day"]


@dataclass(frozen=True)
class Cap:
    """A limit on the jobs of one kind.

    Attributes:
        kind: ``run``: all jobs of the run. ``user``: the user's jobs since midnight UTC. ``day``:
            everybody's jobs since midnight UTC.
        circuits: Most circuits; ``None`` for no limit.
        shots: Most shots, circuits times shots each; ``None`` for no limit.
        seconds: Most processor seconds by the longest guess; ``None`` for no limit.
    """

    kind: CapKind
    circuits: int | None = None
    shots: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Usage:
    """What the jobs of one kind took together: all but those cancelled before they were sent."""

    circuits: int = 0
    shots: int = 0
    seconds: float = 0.0


def day_start(now: datetime) -> datetime:
    """Midnight UTC before ``now``."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def check_caps(new: NewJob, caps: Sequence[Cap], used: Callable[[CapKind], Usage]) -> None:
    """Refuse a job that would pass a cap.

    Args:
        new: What is to be planned.
        caps: The limits.
        used: What the counted jobs took, of this job's run or user or of everybody.

    Raises:
        CapExceededError: Which cap, what is used, what the job needs.
    """
    whose = {"run": "this run", "user": "this user today (UTC)", "day": "everybody today (UTC)"}
    for cap in caps:
        usage = used(cap.kind)
        for noun, limit, already, wanted in (
            ("circuits", cap.circuits, usage.circuits, new.circuits),
            ("shots", cap.shots, usage.shots, new.total_shots),
            ("processor seconds", cap.seconds, usage.seconds, new.seconds_high),
        ):
            if limit is not None and already + wanted > limit:
                raise CapExceededError(
                    f"The cap of {limit:g} {noun} for {whose[cap.kind]} would be passed: "
                    f"{already:g} used, {wanted:g} wanted. Nothing was sent. Raise the cap, "
                    f"use fewer shots or circuits, or wait."
                )
