"""Between a process's exchange folder and the ledger: batches in, results and errors out.

A look finds batches that the process has written, plans a job for each, and gives the answer back
once the job has ended. It can be broken off anywhere: a batch that was planned is found again by
its content, an answer that was not written is written at the next look. Whose jobs these are and
what was agreed to, a subclass knows.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path

from finetune.exceptions import StudioError
from finetune.hardware.jobs import job_outcome
from finetune.hardware.models import QuantumJob
from finetune.training.circuits.exchange import (
    forget_errors,
    read_batch,
    unanswered,
    write_error,
    write_result,
)
from quantum.backends.base import Batch, Result
from quantum.exceptions import CapExceededError, QuantumError

LOOK_SECONDS = 0.4
LONG = ("payload", "result", "handle")  # texts of megabytes, which a look does not need


class Carrier(ABC):
    """One worker's view of an exchange folder.

    Attributes:
        after_cap, after_refusal, after_failure: what a person can do then, in a sentence or two.
    """

    after_cap = "Nothing of this batch was sent."
    after_refusal = "Nothing of this batch was sent."
    after_failure = "Look at it on the Quantum page."

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, int] = {}  # fingerprint of a batch without an answer -> its job
        self.states: dict[str, str] = {}
        self.looked = 0.0

    @property
    def used(self) -> bool:
        """Whether circuits go to a machine at all."""
        return True

    @abstractmethod
    def job_planned(self, batch: Batch, fingerprint: str) -> QuantumJob:
        """Put a batch into the ledger. Raises StudioError, QuantumError, CapExceededError."""

    def prepare(self) -> None:
        """Before a process starts: take back old refusals, since their cause may be gone."""
        forget_errors(self.folder)

    def look(self) -> None:
        if not self.used or time.monotonic() - self.looked < LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        for fingerprint in unanswered(self.folder):
            if fingerprint not in self.jobs:
                self.plan(fingerprint)
        for job in QuantumJob.objects.filter(pk__in=self.jobs.values()).defer(*LONG):
            self.follow(job)

    def plan(self, fingerprint: str) -> None:
        """Put a batch into the ledger, or tell the process why that is not allowed."""
        try:
            job = self.job_planned(read_batch(self.folder, fingerprint), fingerprint)
        except CapExceededError as error:
            self.refuse(fingerprint, "cap", str(error), self.after_cap)
        except (QuantumError, StudioError) as error:
            self.refuse(fingerprint, "refused", str(error), self.after_refusal)
        else:
            self.jobs[fingerprint] = job.pk

    def follow(self, job: QuantumJob) -> None:
        """Tell a new state; hand an answer over."""
        if self.states.get(job.fingerprint) != job.state:
            self.states[job.fingerprint] = job.state
            self.tell(job)
        outcome = job_outcome(job)
        if outcome is None:
            return
        kind, text = outcome
        if kind == "result":
            write_result(self.folder, job.fingerprint, Result.from_json(text))
        else:
            self.refuse(job.fingerprint, "failed", text, self.after_failure)
        self.jobs.pop(job.fingerprint, None)

    @abstractmethod
    def tell(self, job: QuantumJob) -> None:
        """A job has another state than at the last look."""

    def refuse(self, fingerprint: str, kind: str, message: str, hint: str) -> None:
        write_error(self.folder, fingerprint, kind, message, hint)
