"""What a backend promises: capabilities, cost, exact values or sampled counts.

There are two kinds. Exact backends give ``expectations``; sampling backends take a
``Batch`` of bound circuits and give counts, through ``submit``, ``poll``, ``fetch`` and ``cancel``,
so that a job outlives the process that sent it. This module knows nothing about any particular
backend and does not import torch at run time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from quantum.circuits.circuit import Circuit, Operation
from quantum.exceptions import BadResultError, CircuitError

if TYPE_CHECKING:
    from torch import Tensor

    from quantum.sampling.costs import Cost


class JobState(StrEnum):
    """Where a job stands; the allowed moves are in ``quantum.jobs.states``."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUBMIT_UNKNOWN = "submit_unknown"
    CONTACT_LOST = "contact_lost"


@dataclass(frozen=True)
class Capabilities:
    """What a sampling backend can do.

    Attributes:
        name: Its name in the registry.
        title: One line for people.
        max_qubits: Largest circuit it takes.
        max_shots: Most shots per circuit; ``None`` for no limit.
        max_circuits: Most circuits per batch; ``None`` for no limit.
    """

    name: str
    title: str
    max_qubits: int
    max_shots: int | None = None
    max_circuits: int | None = None


@dataclass(frozen=True)
class Batch:
    """Bound circuits to be sampled together, all qubits measured in the Z basis.

    Attributes:
        circuits: Bound circuits; their observables are not looked at.
        shots: Shots of each circuit.
        seed: For seedable backends.

    Raises:
        CircuitError: A circuit has free angles, there is none, or shots are below one.
    """

    circuits: tuple[Circuit, ...]
    shots: int
    seed: int | None = None

    def __post_init__(self) -> None:
        if not self.circuits or self.shots < 1:
            raise CircuitError("A batch needs at least one circuit and one shot.")
        for number, circuit in enumerate(self.circuits):
            if not circuit.bound:
                raise CircuitError(f"Circuit {number} of the batch has angles without a value.")

    @property
    def total_shots(self) -> int:
        """Shots of all circuits together."""
        return self.shots * len(self.circuits)

    def to_json(self) -> str:
        """The batch as JSON text, the same for the same batch."""
        circuits = [
            {
                "n_qubits": circuit.n_qubits,
                "operations": [
                    [op.gate, list(op.qubits)] + ([] if op.source is None else [op.source])
                    for op in circuit.operations
                ],
            }
            for circuit in self.circuits
        ]
        data = {"circuits": circuits, "shots": self.shots, "seed": self.seed}
        return json.dumps(data, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Batch:
        """Read what ``to_json`` wrote.

        Raises:
            CircuitError: The text is not a batch.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            circuits = tuple(
                Circuit(
                    item["n_qubits"],
                    tuple(
                        Operation(name, tuple(qubits), *(float(angle) for angle in rest))
                        for name, qubits, *rest in item["operations"]
                    ),
                )
                for item in data["circuits"]
            )
            return cls(circuits, int(data["shots"]), data["seed"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CircuitError(f"This is not a batch of circuits: {error}") from error

    def fingerprint(self) -> str:
        """SHA-256 of the batch: what was sent, for the ledger."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True)
class Handle:
    """A submitted job: enough to find it again from another process.

    Attributes:
        backend: The backend's name.
        job_id: The provider's task id.
        circuits: Number of circuits, to check the result's length.
        shots: Shots of each circuit.
        n_qubits: Qubits of each circuit, to check the result's bit strings.
    """

    backend: str
    job_id: str
    circuits: int
    shots: int
    n_qubits: tuple[int, ...]

    def to_json(self) -> str:
        """JSON text, for the ledger."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Handle:
        """Read what ``to_json`` wrote.

        Raises:
            CircuitError: The text is not a handle.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            return cls(**{**data, "n_qubits": tuple(data["n_qubits"])})
        except (KeyError, TypeError, ValueError) as error:
            raise CircuitError(f"This is not a job's handle: {error}") from error


@dataclass(frozen=True)
class Status:
    """Answer to a poll: a state and what the provider said."""

    state: JobState
    message: str = ""


@dataclass(frozen=True)
class Result:
    """Counts of a batch.

    Attributes:
        counts: One mapping a circuit: bit string (qubit 0 rightmost) -> number of shots.
        from_probabilities: The provider gave probabilities only; counts are rounded from them.
        raw: The provider's reply as it came.
    """

    counts: tuple[Mapping[str, int], ...]
    from_probabilities: bool = False
    raw: str = ""

    def to_json(self) -> str:
        """JSON text, for the ledger and for whoever waits for the result."""
        data = {
            "counts": [dict(item) for item in self.counts],
            "from_probabilities": self.from_probabilities,
            "raw": self.raw,
        }
        return json.dumps(data, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Read what ``to_json`` wrote.

        Raises:
            BadResultError: The text is not a result.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            counts = tuple(
                {str(bits): int(number) for bits, number in item.items()} for item in data["counts"]
            )
            return cls(counts, bool(data["from_probabilities"]), str(data["raw"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadResultError(f"This is not a result: {error}", text) from error


class ExactBackend(Protocol):
    """A backend that gives exact, differentiable values."""

    def expectations(self, circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
        """Expectation values of the circuit's observables.

        Args:
            circuit: What to run.
            inputs: Shape ``(batch, n_inputs)``, radians.
            angles: Shape ``(n_angles,)``, radians.

        Returns:
            Shape ``(batch, n_observables)``.

        Raises:
            UnsupportedCircuitError: The circuit is too large for this backend.
        """
        ...


class SamplingBackend(Protocol):
    """A backend that samples bound circuits."""

    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        ...

    def estimate(self, batch: Batch) -> Cost:
        """What the batch would take; pure.

        Raises:
            UnsupportedCircuitError: The batch cannot run here; says which limit it passes.
        """
        ...

    def submit(self, batch: Batch, client_ref: str) -> Handle:
        """Send a batch, once. Never called twice for one ledger entry.

        Args:
            batch: At most ``max_circuits`` circuits.
            client_ref: Our own name for the job, for logs.

        Raises:
            UnsupportedCircuitError: Refused here; nothing was sent.
            NotSentError: It certainly did not arrive; sending it later is safe.
            RefusedError: The provider said no.
            SubmitUnknownError: It may have arrived; a person decides.
        """
        ...

    def poll(self, handle: Handle) -> Status:
        """Where the job stands, as far as the provider says.

        Raises:
            ContactLostError: No answer; ask again later.
        """
        ...

    def fetch(self, handle: Handle) -> Result:
        """Counts of a finished job.

        Raises:
            ContactLostError: No answer; ask again later.
            BadResultError: The reply is incomplete or not readable; its raw text is kept.
        """
        ...

    def cancel(self, handle: Handle) -> bool:
        """Ask for a job to be stopped; whether the provider agreed."""
        ...
