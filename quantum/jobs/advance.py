"""The one state machine of jobs: plan, send once, ask, fetch, cancel, decide.

Whoever holds a ledger calls ``advance`` again and again; any number of callers may, and each may
die at any line. What keeps a batch from being sent twice:

* Only the caller whose move from PLANNED to SUBMITTING succeeded sends, once.
* A job that somebody began to send and did not finish becomes SUBMIT_UNKNOWN, never PLANNED.
* It goes back to PLANNED only on ``NotSentError``, which means that nothing arrived.

Knows nothing about providers or storage.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from quantum.backends.base import Handle, JobState, Result, SamplingBackend, Status
from quantum.exceptions import (
    BackendMissingError,
    BadResultError,
    CircuitError,
    ContactLostError,
    JobFailedError,
    NotSentError,
    RefusedError,
    SubmitUnknownError,
    UnsupportedCircuitError,
)
from quantum.jobs.job import Job
from quantum.jobs.ledger import Ledger
from quantum.jobs.states import FINAL, SENT

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""How long somebody may be sending; far longer than any backend's time-out for it."""
RETRY_SENDING = timedelta(seconds=30)
RETRY_ASKING = timedelta(seconds=10)

_S = JobState
_UNKNOWN = (
    "It is not known whether the batch reached the provider. Look for it in the provider's console "
    "and enter its task id here, or mark the job as failed."
)


def advance(
    ledger: Ledger,
    job_id: str,
    backend: SamplingBackend,
    *,
    recover: bool = False,
    now: datetime | None = None,
) -> Job:
    """Move a job one step, if one is due.

    Args:
        ledger: Where the job is remembered.
        job_id: Which job.
        backend: Where it runs.
        recover: The caller knows that nobody else is sending, e.g. the only sender after its
            restart: a job found in SUBMITTING was left by the dead.
        now: The time, for tests.

    Returns:
        The job as it is afterwards.
    """
    job = ledger.get(job_id)
    now = now or datetime.now(UTC)
    age = now - job.updated_at
    if job.state == _S.PLANNED:
        # A message on a planned job says that the last try did not arrive.
        if job.message and age < RETRY_SENDING:
            return job
        return _send(ledger, job, backend)
    if job.state == _S.SUBMITTING and (recover or age > LEASE):
        ledger.move(job.id, expected=_S.SUBMITTING, to=_S.SUBMIT_UNKNOWN, message=_UNKNOWN)
        return ledger.get(job.id)
    if job.state in SENT and not (job.state == _S.CONTACT_LOST and age < RETRY_ASKING):
        return _ask(ledger, job, backend)
    return job


def _send(ledger: Ledger, job: Job, backend: SamplingBackend) -> Job:
    batch = job.batch  # read before the move, so that nothing but sending lies behind it
    if not ledger.move(job.id, expected=_S.PLANNED, to=_S.SUBMITTING, message=""):
        return ledger.get(job.id)  # somebody else was faster
    try:
        handle = backend.submit(batch, job.id)
    except (NotSentError, BackendMissingError) as error:
        text = f"Not sent: {error} Tried again in {RETRY_SENDING.seconds} s."
        ledger.move(job.id, expected=_S.SUBMITTING, to=_S.PLANNED, message=text)
    except (RefusedError, UnsupportedCircuitError, CircuitError) as error:
        _settle(ledger, job, _S.FAILED, message=f"Refused: {error}")
    except SubmitUnknownError as error:
        text = f"{error} {_UNKNOWN}"
        ledger.move(job.id, expected=_S.SUBMITTING, to=_S.SUBMIT_UNKNOWN, message=text)
    except Exception as error:
        # An error nobody foresaw may have come after the post.
        logger.exception("Job %s: sending ended with an unforeseen error", job.id)
        text = f"{type(error).__name__}: {error}. {_UNKNOWN}"
        ledger.move(job.id, expected=_S.SUBMITTING, to=_S.SUBMIT_UNKNOWN, message=text)
    else:
        # Said before it is written, so that a full disk does not take the task id with it.
        logger.info("Job %s is task %s of %s", job.id, handle.job_id, handle.backend)
        changes = {"task_id": handle.job_id, "handle": handle.to_json(), "message": ""}
        if not _settle(ledger, job, _S.SUBMITTED, **changes):
            logger.error(
                "Job %s was settled by a person while it was being sent; the provider runs it as "
                "task %s.",
                job.id,
                handle.job_id,
            )
    return ledger.get(job.id)


def _settle(ledger: Ledger, job: Job, to: JobState, **changes: str) -> bool:
    """End the sending, also where this sender was slow and somebody took it for dead."""
    return any(
        ledger.move(job.id, expected=expected, to=to, **changes)
        for expected in (_S.SUBMITTING, _S.SUBMIT_UNKNOWN)
    )


def _ask(ledger: Ledger, job: Job, backend: SamplingBackend) -> Job:
    handle = job.provider_handle()
    try:
        status = backend.poll(handle)
        if status.state == _S.DONE:
            return _fetch(ledger, job, backend, handle)
    except ContactLostError as error:
        status = Status(_S.CONTACT_LOST, f"{error} Asked again in {RETRY_ASKING.seconds} s.")
    if status.state not in (SENT - {_S.SUBMITTED}) | FINAL:
        raise JobFailedError(f"Backend {job.new.backend!r} answered a poll with {status.state}.")
    if status.state != job.state or status.state == _S.CONTACT_LOST:
        ledger.move(job.id, expected=job.state, to=status.state, message=status.message)
    return ledger.get(job.id)


def _fetch(ledger: Ledger, job: Job, backend: SamplingBackend, handle: Handle) -> Job:
    try:
        result = backend.fetch(handle)
        _check(result, handle)
    except BadResultError as error:
        raw = Result((), raw=error.raw).to_json()
        text = f"The provider's result cannot be used: {error}"
        ledger.move(job.id, expected=job.state, to=_S.FAILED, message=text, result=raw)
    else:
        note = "Counts were rounded from probabilities." if result.from_probabilities else ""
        ledger.move(job.id, expected=job.state, to=_S.DONE, result=result.to_json(), message=note)
    return ledger.get(job.id)


def _check(result: Result, handle: Handle) -> None:
    if len(result.counts) != handle.circuits:
        raise BadResultError(
            f"{len(result.counts)} results for {handle.circuits} circuits.", result.raw
        )
    for number, (counts, width) in enumerate(zip(result.counts, handle.n_qubits, strict=True)):
        if not counts or sum(counts.values()) < 1:
            raise BadResultError(f"Circuit {number} has no counts.", result.raw)
        for bits in counts:
            if len(bits) != width or set(bits) - {"0", "1"}:
                raise BadResultError(
                    f"Circuit {number} gave {bits!r} for {width} qubits.", result.raw
                )


def cancel(ledger: Ledger, job_id: str, backend: SamplingBackend) -> Job:
    """Ask for a job to be stopped.

    A planned job is cancelled here; a sent one if the provider agrees; one that is being sent
    cannot be. Look at the state and message of the job that comes back.
    """
    job = ledger.get(job_id)
    if job.state == _S.PLANNED:
        text = "Cancelled before it was sent."
        ledger.move(job.id, expected=_S.PLANNED, to=_S.CANCELLED, message=text)
    elif job.state in SENT:
        try:
            agreed = backend.cancel(job.provider_handle())
            text = "The provider did not agree to cancel; the job may be running already."
        except ContactLostError as error:
            agreed, text = False, f"Not cancelled: {error}"
        if agreed:
            text = "Cancelled at the provider; what it had run by then may be billed."
        to = _S.CANCELLED if agreed else job.state
        ledger.move(job.id, expected=job.state, to=to, message=text)
    return ledger.get(job.id)


def resolve(ledger: Ledger, job_id: str, *, task_id: str | None) -> Job:
    """A person's decision on a job of which it is not known whether it was sent.

    Args:
        ledger: Where the job is remembered.
        job_id: A job in SUBMIT_UNKNOWN.
        task_id: Its name in the provider's console; ``None`` if it is not there: then it is failed.

    Raises:
        JobFailedError: The job is not in SUBMIT_UNKNOWN.
    """
    job = ledger.get(job_id)
    if task_id:
        handle = job.provider_handle(task_id.strip())
        done = ledger.move(
            job.id,
            expected=_S.SUBMIT_UNKNOWN,
            to=_S.SUBMITTED,
            task_id=handle.job_id,
            handle=handle.to_json(),
            message="A person found it at the provider.",
        )
    else:
        text = "A person did not find it at the provider and marked it as failed."
        done = ledger.move(job.id, expected=_S.SUBMIT_UNKNOWN, to=_S.FAILED, message=text)
    if not done:
        state = ledger.get(job.id).state
        raise JobFailedError(f"Job {job_id} needs no decision: it is {state}.")
    return ledger.get(job.id)
