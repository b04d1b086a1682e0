"""Between a run's exchange folder and the ledger: whose the jobs are, and what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetune.exceptions import StudioError
from finetune.hardware.jobs import job_can_cancel, job_cancel, job_plan
from finetune.hardware.ledger import Owner
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.hardware.placement import place
from finetune.runs.models import Run
from finetune.runs.transitions import run_log
from finetune.teams.models import User
from finetune.training.circuits.exchange import FOLDER
from quantum.backends.base import Batch, JobState
from quantum.backends.registry import BACKENDS
from quantum.jobs.caps import Cap

from .carrier import LONG, Carrier

ENDED_BADLY = frozenset({JobState.FAILED, JobState.CANCELLED})


class Exchange(Carrier):
    """One worker's view of a run's exchange folder."""

    after_cap = (
        "Nothing of this batch was sent. Start a run that goes on from this one with a "
        "larger limit, fewer shots, or on a simulator."
    )
    after_refusal = "Nothing of this batch was sent. Start a run that goes on from this one."
    after_failure = "Look at it on the Quantum page. “Queue again” sends these circuits once more."

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder / FOLDER)
        self.run = run

    @property
    def used(self) -> bool:
        """Whether this run's circuits go to a machine at all."""
        return BACKENDS[self.run.settings.backend].billable

    def job_planned(self, batch: Batch, fingerprint: str) -> QuantumJob:
        """Put a batch into the ledger, under what was agreed to."""
        return run_job_plan(self.run, batch, options=self.options(), scope=self.scope(fingerprint))

    def scope(self, fingerprint: str) -> str:
        """Under which name this batch is one job for ever.

        A job that ended badly is not sent again by itself: only where a person has queued the run
        again since, the batch gets a new name and with it a new job.
        """
        earlier = self.run.quantum_jobs.filter(fingerprint=fingerprint).defer(*LONG).first()
        if earlier is not None and earlier.state not in ENDED_BADLY:
            return str(earlier.scope)
        again = self.run.spending.get("again", 0)
        return f"{self.run.public_id}:{again}" if earlier and again else self.run.public_id

    def options(self) -> dict[str, Any]:
        """The backend's options, beside the chip and the address, which belongs to the key."""
        chosen = self.run.settings
        options: dict[str, Any] = {
            name: value
            for name, value in chosen.backend_options.items()
            if name not in ("chip", "url")
        }
        if chosen.options.get("readout_mitigation"):
            options["amend"] = False  # never correct twice
        return options

    def tell(self, job: QuantumJob) -> None:
        data = {"quantum_job": job.public_id, "job_state": job.state, "circuits": job.circuits}
        message = f"{place(job)}: job {job.public_id}, {job.get_state_display().lower()}"
        if job.state == JobState.SUBMIT_UNKNOWN:
            message += ". Decide on the Quantum page whether it was sent"
            run_log(self.run, "warning", f"{message}.", data, level="warn")
        else:
            run_log(self.run, "log", f"{message}.", data)


def agreed_caps(run: Run) -> list[Cap]:
    """What a person agreed to for this run, as a cap of its own."""
    limits = {name: run.spending.get(name) for name in ("circuits", "shots", "seconds")}
    return [Cap("run", **limits)] if any(limits.values()) else []


def run_job_plan(
    run: Run, batch: Batch, *, options: Mapping[str, Any] | None = None, scope: str = ""
) -> QuantumJob:
    """Plan a batch of a run: `run.spending` names key and chip, and what was agreed to at most.

    Raises:
        StudioError: there is no key to send it with.
        CapExceededError: it would pass a cap; nothing is written.
    """
    owner = Owner(
        team=run.team,
        public_id=run.public_id,
        link={"run": run},
        created_by=run.created_by,
        key=QuantumKey.objects.filter(team=run.team, public_id=run.spending.get("key", "")).first(),
        chip=str(run.spending.get("chip", "")),
        options=options or {},
    )
    return job_plan(batch, owner, caps=agreed_caps(run), scope=scope)


def jobs_cancel(run: Run, by: User | None = None, *, unsent_only: bool = False) -> None:
    """Nobody waits any more: what is not sent never is; the provider is asked to stop the rest.

    Args:
        by: who wanted it; by default who made the run.
        unsent_only: leave alone what was sent: its result is taken when the run goes on.
    """
    who = by or run.created_by
    if not run.spending or who is None:
        return
    states = [JobState.PLANNED] if unsent_only else QuantumJob.LIVE
    for job in run.quantum_jobs.filter(state__in=states).defer(*LONG):
        if not job_can_cancel(job):
            continue
        try:
            run_log(run, "log", f"{place(job)}: {job_cancel(job=job, by=who)}")
        except StudioError as error:
            run_log(run, "warning", f"{place(job)}: {error.message}", level="warn")
