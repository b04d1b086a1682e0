"""The double, a key and jobs for the tests of the real SDK."""

from __future__ import annotations

import time

import pytest

from quantum.backends.base import JobState
from quantum.backends.sdk.client import sdk_missing
from quantum.backends.wukong import WukongBackend
from quantum.circuits.circuit import Circuit, Operation
from quantum.jobs.advance import advance
from quantum.jobs.job import Job, NewJob
from quantum.jobs.sqlite_ledger import FileLedger
from quantum.jobs.states import FINAL

KEY = "alice-0123456789abcdef"
OTHER_KEY = "bob-fedcba9876543210"

needs_sdk = pytest.mark.skipif(bool(sdk_missing()), reason=sdk_missing() or "the SDK is there")


def backend_at(url: str, key: str = KEY, *, ask: float = 30.0, submit: float = 30.0, **options):
    """The real backend at an address; time-outs in seconds."""
    return WukongBackend({"url": url, **options}, key, ask_seconds=ask, submit_seconds=submit)


def circuit(angle: float = 0.0) -> Circuit:
    """X on qubit 0, an entangled pair on 1 and 2: bit order shows."""
    return Circuit(
        3,
        (
            Operation("x", (0,)),
            Operation("ry", (1,), 1.5707963267948966),
            Operation("rz", (1,), angle),
            Operation("cx", (1, 2)),
        ),
    )


def planned(ledger: FileLedger, backend: WukongBackend, batch, scope: str = "run-1") -> Job:
    """A job in the ledger."""
    return ledger.plan(NewJob.of(batch, backend.estimate(batch), scope=scope, backend="wukong"))


def driven(ledger: FileLedger, job: Job, backend: WukongBackend, seconds: float = 20.0) -> Job:
    """Advance until the job has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job = advance(ledger, job.id, backend)
        if job.state in FINAL:
            return job
        time.sleep(0.02)
    raise AssertionError(f"still {job.state}: {job.message}")


def finished(backend: WukongBackend, handle, seconds: float = 20.0):
    """The result, once the provider has it."""
    until = time.monotonic() + seconds
    while backend.poll(handle).state != JobState.DONE:
        assert time.monotonic() < until, "still not done"
        time.sleep(0.02)
    return backend.fetch(handle)
