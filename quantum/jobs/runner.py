"""Run a batch through a ledger and wait: a restart asks for the same batch and finds its job.

Knows nothing about estimates of observables or providers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from quantum.backends.base import Batch, JobState, Result, SamplingBackend
from quantum.exceptions import JobFailedError
from quantum.jobs.advance import advance
from quantum.jobs.caps import Cap
from quantum.jobs.job import Job, NewJob
from quantum.jobs.ledger import Ledger


@dataclass(frozen=True)
class LedgerRunner:
    """Runs batches on a backend, each once for ever within its scope.

    Args:
        backend: Where batches run.
        ledger: Where jobs are remembered.
        scope: What the jobs belong to. The same batch in the same scope is the same job.
        caps: Limits; checked when a batch is planned.
        chip: The chip's name, for the ledger.
        run_name: Whose cap of kind "run" the jobs count against; the scope if empty.
        user: Whose cap of kind "user" they count against.
        recover: Nobody else sends jobs of this ledger (see ``advance``).
        poll_seconds: Pause between two looks at a job.
        between_polls: Called in each pause; raises to stop waiting. The job goes on.
    """

    backend: SamplingBackend
    ledger: Ledger
    scope: str
    _: KW_ONLY
    caps: Sequence[Cap] = ()
    chip: str = ""
    run_name: str = ""
    user: str = ""
    recover: bool = False
    poll_seconds: float = 2.0
    between_polls: Callable[[], None] = lambda: None

    def run(self, batch: Batch) -> Result:
        """Plan, send and wait.

        Raises:
            UnsupportedCircuitError: The backend cannot run it; nothing was sent.
            CapExceededError: It would pass a cap; nothing was sent.
            JobFailedError: It ended without a result, or a person must decide.
        """
        new = NewJob.of(
            batch,
            self.backend.estimate(batch),
            scope=self.scope,
            backend=self.backend.capabilities().name,
            chip=self.chip,
            run=self.run_name or self.scope,
            user=self.user,
        )
        job = self.ledger.plan(new, self.caps)
        while True:
            job = advance(self.ledger, job.id, self.backend, recover=self.recover)
            if job.state == JobState.DONE:
                return Result.from_json(job.result)
            _raise_if_over(job)
            self.between_polls()
            time.sleep(self.poll_seconds)


def _raise_if_over(job: Job) -> None:
    if job.state in {JobState.FAILED, JobState.CANCELLED, JobState.SUBMIT_UNKNOWN}:
        task = f" (task {job.task_id})" if job.task_id else ""
        raise JobFailedError(f"Job {job.id}{task} is {job.state}: {job.message}")
