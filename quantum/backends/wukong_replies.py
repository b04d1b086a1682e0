"""What the cloud's replies about a task mean: its state, and its counts as bit strings.

Read from the raw reply, because the SDK calls states it does not know failed and gives no counts
where only probabilities came. Pure; knows nothing about the SDK or how replies are fetched.
"""

from __future__ import annotations

import json
from typing import Any

from quantum.backends.base import Handle, JobState, Result, Status
from quantum.exceptions import BadResultError, ContactLostError

_STATES = {
    "1": Status(JobState.QUEUED, "The provider has it; it is waiting."),
    "2": Status(JobState.RUNNING),
    "3": Status(JobState.DONE),
    "5": Status(JobState.QUEUED, "In the provider's queue."),
}
_FAILED = "4"


def _task(raw: str, task_id: str) -> dict[str, Any]:
    """The task's part of a reply.

    Raises:
        ContactLostError: The reply is not about this task, or says no: an expired key, say. That
            proves nothing about the job.
    """
    try:
        reply = json.loads(raw)
    except ValueError as error:
        raise ContactLostError(f"The provider's reply is not JSON: {raw[:200]!r}.") from error
    if not isinstance(reply, dict) or not reply.get("success"):
        message = reply.get("message") if isinstance(reply, dict) else None
        raise ContactLostError(
            f"The provider does not tell the job's state: {message or raw[:200]}."
        )
    task = reply.get("obj")
    if not isinstance(task, dict) or task.get("taskState") is None:
        raise ContactLostError(f"The provider's reply names no state: {raw[:200]}.")
    if str(task.get("taskId") or task_id) != task_id:
        raise ContactLostError(f"The provider answered about task {task['taskId']}, not {task_id}.")
    return task


def read_status(raw: str, task_id: str) -> Status:
    """The state in a reply.

    Raises:
        ContactLostError: It tells none, or one that is not known: that is no proof of failure.
    """
    task = _task(raw, task_id)
    state = str(task["taskState"])
    if state == _FAILED:
        reason = task.get("errInfo") or task.get("errorMessage") or "no reason given"
        return Status(JobState.FAILED, f"The provider says that it failed: {reason}.")
    if state not in _STATES:
        raise ContactLostError(f"The provider gives the state {state!r}, which is not known.")
    return _STATES[state]


def read_result(raw: str, handle: Handle) -> Result:
    """The counts in a reply, one mapping a circuit.

    Raises:
        ContactLostError: The reply tells nothing about the task.
        BadResultError: It is incomplete or does not fit the circuits that were sent.
    """
    task = _task(raw, handle.job_id)
    try:
        counts, probabilities = _entries(task.get("probCount")), _entries(task.get("taskResult"))
        entries = counts or probabilities
        if len(entries) != handle.circuits or (
            probabilities and len(probabilities) != handle.circuits
        ):
            raise BadResultError(f"{len(entries)} results for {handle.circuits} circuits.", raw)
        _check_widths(task.get("measureQubitSize"), handle)
        results = []
        for entry, width in zip(entries, handle.n_qubits, strict=True):
            values = {_bits(str(key), width): float(value) for key, value in entry}
            if not counts:
                values = dict(_rounded(values, handle.shots))
            results.append({bits: int(value) for bits, value in values.items() if value > 0})
    except BadResultError as error:
        raise BadResultError(str(error), raw) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadResultError(f"The result is not readable: {error!r}.", raw) from error
    return Result(tuple(results), from_probabilities=not counts, raw=raw)


def _entries(field: Any) -> list[list[tuple[str, float]]]:
    """Results of the circuits as key-value pairs; each comes as JSON text or as an object."""
    if isinstance(field, str):
        field = json.loads(field) if field else []
    entries = []
    for item in field or []:
        data = json.loads(item) if isinstance(item, str) else item
        entries.append(list(zip(data["key"], data["value"], strict=True)))
    return entries if any(entries) else []


def _bits(key: str, width: int) -> str:
    """A key, hexadecimal with 0x or binary, as a bit string of the circuit's width."""
    bits = f"{int(key, 16):0{width}b}" if key.lower().startswith("0x") else key
    if len(bits) != width or set(bits) - {"0", "1"}:
        raise BadResultError(f"The outcome {key!r} does not fit {width} qubits.")
    return bits


def _check_widths(sizes: Any, handle: Handle) -> None:
    if sizes and tuple(int(size) for size in sizes) != handle.n_qubits:
        raise BadResultError(f"Qubits measured: {sizes}, sent: {list(handle.n_qubits)}.")


def _rounded(values: dict[str, float], shots: int) -> list[tuple[str, int]]:
    """Probabilities as whole counts that sum to the shots, by largest remainder.

    Negative ones, which a readout correction may give, count as zero.
    """
    total = sum(max(value, 0.0) for value in values.values())
    if not total > 0:
        raise BadResultError("All probabilities are zero.")
    exact = {bits: max(value, 0.0) * shots / total for bits, value in values.items()}
    whole = {bits: int(value) for bits, value in exact.items()}
    order = sorted(exact, key=lambda bits: (whole[bits] - exact[bits], bits))
    for bits in order[: shots - sum(whole.values())]:
        whole[bits] += 1
    return list(whole.items())
