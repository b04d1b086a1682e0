"""What a ledger keeps of one job: what was planned and what became of it. Knows no storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quantum.backends.base import Batch, Handle, JobState
from quantum.sampling.costs import Cost


@dataclass(frozen=True)
class NewJob:
    """A batch that is to be run.

    Attributes:
        scope: What the job belongs to, e.g. a run; with the fingerprint it names one job for ever.
            To run a failed batch again, plan it under another scope.
        fingerprint: SHA-256 of the batch.
        backend: The backend's name.
        chip: The chip's name; empty where the backend has one only.
        circuits: Number of circuits.
        shots: Shots of each circuit.
        total_shots: Shots of all circuits together.
        seconds_high: Longest guess of processor seconds; counted against caps.
        payload: JSON of the batch.
        run: Whose cap of kind "run" it counts against.
        user: Whose cap of kind "user" it counts against.
    """

    scope: str
    fingerprint: str
    backend: str
    chip: str
    circuits: int
    shots: int
    total_shots: int
    seconds_high: float
    payload: str
    run: str = ""
    user: str = ""

    @classmethod
    def of(
        cls,
        batch: Batch,
        cost: Cost,
        *,
        scope: str,
        backend: str,
        chip: str = "",
        run: str = "",
        user: str = "",
    ) -> NewJob:
        """The entry for a batch with its estimate."""
        return cls(
            scope=scope,
            fingerprint=batch.fingerprint(),
            backend=backend,
            chip=chip,
            circuits=len(batch.circuits),
            shots=batch.shots,
            total_shots=batch.total_shots,
            seconds_high=cost.seconds[1],
            payload=batch.to_json(),
            run=run,
            user=user,
        )


@dataclass(frozen=True)
class Job:
    """One entry of a ledger at one moment: what was planned and what became of it.

    Attributes:
        id: The ledger's own name for it.
        new: What was planned.
        state: Where it stands.
        created_at: When it was planned, with a time zone.
        updated_at: When it last moved, with a time zone.
        task_id: The provider's name for it; empty until known.
        handle: JSON of the backend's handle; empty until known.
        result: JSON of the result; of a failed job the provider's raw reply without counts.
        message: The last thing to tell a person.
        seconds_used: Processor seconds, where the provider told.
    """

    id: str
    new: NewJob
    state: JobState
    created_at: datetime
    updated_at: datetime
    task_id: str = ""
    handle: str = ""
    result: str = ""
    message: str = ""
    seconds_used: float | None = None

    @property
    def batch(self) -> Batch:
        """What was planned, read back."""
        return Batch.from_json(self.new.payload)

    def provider_handle(self, task_id: str = "") -> Handle:
        """The handle to ask the provider with, made anew where a person gave the task id."""
        if self.handle and not task_id:
            return Handle.from_json(self.handle)
        batch = self.batch
        widths = tuple(circuit.n_qubits for circuit in batch.circuits)
        name = task_id or self.task_id
        return Handle(self.new.backend, name, len(widths), batch.shots, widths)
