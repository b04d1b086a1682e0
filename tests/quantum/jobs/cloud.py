"""A provider in memory: it remembers what arrived, and goes wrong as it is told to."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from quantum.backends.base import Batch, Capabilities, Handle, JobState, Result, Status
from quantum.circuits.circuit import Circuit, Operation
from quantum.exceptions import (
    BadResultError,
    ContactLostError,
    NotSentError,
    RefusedError,
    SubmitUnknownError,
)
from quantum.sampling.costs import Cost, sampling_cost

SUBMIT = (
    "ok",
    "not_sent",
    "refused",
    "unknown",
    "unknown_arrived",
    "surprise_arrived",
    "crash",
    "crash_arrived",
)
POLL = ("done", "queued", "running", "lost", "failed", "crash")
FETCH = ("ok", "lost", "bad", "short", "wide", "crash")
CANCEL = ("yes", "no", "lost", "crash")


class Crash(BaseException):
    """The process dies here: nothing of it runs any more."""


def batch(number: int = 0, circuits: int = 2, shots: int = 10) -> Batch:
    """A batch that differs from those of other numbers."""
    circuit = Circuit(2, (Operation("ry", (0,), 0.1 * number), Operation("cx", (0, 1))))
    return Batch((circuit,) * circuits, shots)


class FakeCloud:
    """Implements ``SamplingBackend``. What is not scripted goes well."""

    def __init__(self, **script: Iterable[str]) -> None:
        self.script = {name: deque(outcomes) for name, outcomes in script.items()}
        self.arrived: Counter[str] = Counter()
        self.task_of: dict[str, str] = {}
        self.calls: Counter[str] = Counter()

    def capabilities(self) -> Capabilities:
        return Capabilities("fake", "A fake", 5, 1000, 200)

    def estimate(self, batch: Batch) -> Cost:
        return sampling_cost(len(batch.circuits), batch.shots)

    def submit(self, batch: Batch, client_ref: str) -> Handle:
        outcome = self._next("submit", "ok")
        if outcome == "not_sent":
            raise NotSentError("Connection refused.")
        if outcome == "refused":
            raise RefusedError("No.")
        if outcome == "unknown":
            raise SubmitUnknownError("Time-out.")
        if outcome == "crash":
            raise Crash
        self.arrived[batch.fingerprint()] += 1
        self.task_of[client_ref] = f"TASK-{client_ref}"
        if outcome == "unknown_arrived":
            raise SubmitUnknownError("Time-out.")
        if outcome == "surprise_arrived":
            raise RuntimeError("a fault of our own")
        if outcome == "crash_arrived":
            raise Crash
        widths = tuple(circuit.n_qubits for circuit in batch.circuits)
        return Handle("fake", self.task_of[client_ref], len(widths), batch.shots, widths)

    def poll(self, handle: Handle) -> Status:
        assert handle.job_id in self.task_of.values()
        outcome = self._next("poll", "done")
        if outcome == "lost":
            raise ContactLostError("No answer.")
        if outcome == "crash":
            raise Crash
        return Status(JobState(outcome), "told" if outcome == "failed" else "")

    def fetch(self, handle: Handle) -> Result:
        outcome = self._next("fetch", "ok")
        if outcome == "lost":
            raise ContactLostError("No answer.")
        if outcome == "bad":
            raise BadResultError("Not readable.", "<html>")
        if outcome == "crash":
            raise Crash
        counts = [{"0" * width: handle.shots} for width in handle.n_qubits]
        if outcome == "short":
            counts = counts[:-1]
        if outcome == "wide":
            counts[0] = {"000": handle.shots}
        return Result(tuple(counts), raw="raw")

    def cancel(self, handle: Handle) -> bool:
        outcome = self._next("cancel", "yes")
        if outcome == "lost":
            raise ContactLostError("No answer.")
        if outcome == "crash":
            raise Crash
        return outcome == "yes"

    def _next(self, call: str, otherwise: str) -> str:
        self.calls[call] += 1
        waiting = self.script.get(call)
        return waiting.popleft() if waiting else otherwise
