"""What sampling backends on this machine share: a batch runs when it is submitted.

Its counts are kept until later batches push them out: a job here does not outlive the process.
Knows no particular simulator.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import ClassVar

from quantum.backends.base import Batch, Capabilities, Handle, JobState, Result, Status
from quantum.exceptions import BadResultError, UnsupportedCircuitError
from quantum.sampling.costs import Cost

MAX_SHOTS = 1_000_000
_KEPT_RESULTS = 16
_LOST = "This process has no counts of that batch any more; run it again."


class LocalSampler(ABC):
    """A ``SamplingBackend`` that runs batches here and now; nothing is billed."""

    name: ClassVar[str]
    title: ClassVar[str]
    """In messages: "Aer takes at most …"."""

    def __init__(self) -> None:
        self._results: OrderedDict[str, Result | str] = OrderedDict()

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this backend can do with its options."""

    @abstractmethod
    def _sample(self, batch: Batch) -> Result | str:
        """Counts of a batch within the limits, or why there are none."""

    @abstractmethod
    def _most_qubits(self, limit: int) -> str:
        """The limit in words, and what to do about it."""

    def estimate(self, batch: Batch) -> Cost:
        """Counts of circuits and shots; no processor time.

        Raises:
            UnsupportedCircuitError: Too many qubits or shots.
        """
        if batch.shots > MAX_SHOTS:
            raise UnsupportedCircuitError(
                f"{batch.shots} shots a circuit; {self.title} takes at most {MAX_SHOTS} here."
            )
        limit = self.capabilities().max_qubits
        for number, circuit in enumerate(batch.circuits):
            if circuit.n_qubits > limit:
                raise UnsupportedCircuitError(
                    f"Circuit {number} has {circuit.n_qubits} qubits; {self._most_qubits(limit)}"
                )
        return Cost(len(batch.circuits), batch.total_shots, 1, (0.0, 0.0))

    def submit(self, batch: Batch, client_ref: str) -> Handle:
        """Run the batch here and now.

        Raises:
            UnsupportedCircuitError: Too many qubits or shots, or a circuit that cannot be run.
        """
        self.estimate(batch)
        widths = tuple(circuit.n_qubits for circuit in batch.circuits)
        handle = Handle(self.name, uuid.uuid4().hex, len(widths), batch.shots, widths)
        self._results[handle.job_id] = self._sample(batch)
        while len(self._results) > _KEPT_RESULTS:
            self._results.popitem(last=False)
        return handle

    def poll(self, handle: Handle) -> Status:
        """Done, or failed with the simulator's words."""
        result = self._results.get(handle.job_id, _LOST)
        if isinstance(result, str):
            return Status(JobState.FAILED, result)
        return Status(JobState.DONE)

    def fetch(self, handle: Handle) -> Result:
        """Counts of a batch.

        Raises:
            BadResultError: The batch failed, or its counts are gone.
        """
        result = self._results.get(handle.job_id, _LOST)
        if isinstance(result, str):
            raise BadResultError(f"{self.title}: {result}")
        return result

    def cancel(self, handle: Handle) -> bool:
        """Never: a batch has ended when ``submit`` returns."""
        return False
