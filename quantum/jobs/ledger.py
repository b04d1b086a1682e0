"""What a ledger of jobs keeps and promises; the library's is a file, the site's are rows.

Knows nothing about how they are stored, nor when a job moves (``quantum.jobs.advance``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from quantum.backends.base import JobState
from quantum.jobs.caps import Cap
from quantum.jobs.job import Job, NewJob

# What ``move`` may change besides the state.
CHANGES = frozenset({"task_id", "handle", "message", "result", "seconds_used"})


class Ledger(Protocol):
    """Where jobs are remembered. Each call is one transaction that survives a crash."""

    def plan(self, new: NewJob, caps: Sequence[Cap]) -> Job:
        """Remember a batch as PLANNED, unless its scope and fingerprint are known: then that job.

        Raises:
            CapExceededError: It would pass a cap. Checked in the same transaction.
        """
        ...

    def get(self, job_id: str) -> Job:
        """A job as it is now.

        Raises:
            UnknownJobError: There is none of that id.
        """
        ...

    def move(self, job_id: str, *, expected: JobState, to: JobState, **changes: Any) -> bool:
        """Move a job if it is still in the expected state; whether it was.

        Args:
            job_id: Which job.
            expected: The state that the caller saw.
            to: The state to write, with the time.
            changes: Some of ``CHANGES``.
        """
        ...
