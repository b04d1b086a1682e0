"""Jobs for quantum clouds: planned under caps, moved by one process at a time.

The state machine is `quantum.jobs.advance`; here stands who may plan, which caps hold, and when
each open job is looked at. Nothing billable is planned without a person's consent: callers see to
that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.files import alone
from finetune.queue import enqueue
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User
from quantum.backends.base import Batch, JobState, SamplingBackend
from quantum.backends.sdk.client import close_clients, sdk_missing
from quantum.exceptions import BackendMissingError, JobFailedError, QuantumError
from quantum.jobs.advance import advance, cancel, resolve
from quantum.jobs.caps import Cap
from quantum.jobs.job import NewJob
from quantum.jobs.states import FINAL, SENT

from .chips import wukong_backend
from .costs import caps_now, estimate
from .keys import cloud_key_used
from .ledger import DjangoLedger, Owner
from .models import QuantumJob

log = logging.getLogger(__name__)
IDLE_SECONDS = 120.0
TURN_SECONDS = 20.0  # after which no further job is looked at in one turn
# How often a job is asked for, by its age: small jobs take seconds, full queues hours.
ASK_EVERY = (
    (timedelta(minutes=1), timedelta(seconds=2)),
    (timedelta(minutes=10), timedelta(seconds=5)),
    (timedelta(hours=1), timedelta(seconds=20)),
)
ASK_SELDOM = timedelta(minutes=1)


@transaction.atomic
def job_plan(
    batch: Batch, owner: Owner, *, caps: Sequence[Cap] = (), scope: str = ""
) -> QuantumJob:
    """Write a batch into the ledger. The same batch of the same scope is one job for ever.

    Args:
        owner: what asks for it; its person's cap counts.
        caps: beside the site's own, what was agreed to.
        scope: by default the owner's public id. To run a batch again whose job has failed, a
            person has to ask for it, and the scope has to be another one.

    Raises:
        StudioError: there is no key to send it with.
        CapExceededError: it would pass a cap; nothing is written.
    """
    if owner.key is None or owner.key.team_id != owner.team.pk:
        raise StudioError(
            _("There is no key to send this with: it was deleted, or never chosen."), code="no_key"
        )
    cost = estimate([batch])
    new = NewJob.of(
        batch,
        cost,
        scope=scope or owner.public_id,
        backend="wukong",
        chip=owner.chip,
        run=owner.public_id,
        user=str(owner.created_by.pk) if owner.created_by else "",
    )
    ledger = DjangoLedger(replace(owner, seconds_low=cost.seconds[0]))
    job = ledger.plan(new, [*caps_now(), *caps])
    enqueue("quantum_jobs_advance")
    return QuantumJob.objects.get(public_id=job.id)


def job_outcome(job: QuantumJob) -> tuple[str, str] | None:
    """How a job ended: ("result", JSON of the result) or ("error", sentence); None before that.

    A job that may or may not have been sent has not ended: a person decides.
    """
    if job.state not in FINAL:
        return None
    if job.state == JobState.DONE:
        return "result", job.result
    words = job.message or job.get_state_display()
    return "error", f"The job {job.public_id} on the quantum computer ended: {words}"


def jobs_advance() -> None:
    """Move every open job that is due a step. Cheap where none is; one process at a time."""
    open_jobs = QuantumJob.objects.filter(state__in=QuantumJob.LIVE)
    if not open_jobs.exists():
        close_clients(IDLE_SECONDS)  # keys stay in no process longer than they are needed
        return
    with only_sender() as free:
        if not free:
            return
        began = time.monotonic()
        rows = open_jobs.select_related("key")
        rows = rows.order_by(F("polled_at").asc(nulls_first=True), "created_at")
        for row in rows.defer("payload", "result"):
            if time.monotonic() - began > TURN_SECONDS:
                break
            if due(row):
                job_advance(row)


def only_sender() -> AbstractContextManager[bool]:
    """Whether this process alone may send now: whoever holds the lock knows that a job found half
    sent was left by the dead."""
    return alone(Path(settings.DATA_DIR) / "quantum-jobs.lock")


def due(row: QuantumJob) -> bool:
    """Whether it is time to look at a job again."""
    if row.state not in SENT or row.polled_at is None or row.cancel_asked_at is not None:
        return True
    now = timezone.now()
    age = now - row.created_at
    wait = next((every for limit, every in ASK_EVERY if age < limit), ASK_SELDOM)
    return bool(now - row.polled_at >= wait)


def job_advance(row: QuantumJob) -> None:
    """One step of one job; whatever goes wrong stays with this job."""
    ledger = DjangoLedger()
    QuantumJob.objects.filter(pk=row.pk).update(polled_at=timezone.now())
    try:
        backend = backend_of(row)
        if row.cancel_asked_at is not None and row.state in {*SENT, JobState.PLANNED}:
            QuantumJob.objects.filter(pk=row.pk).update(cancel_asked_at=None)
            job = cancel(ledger, row.public_id, backend)
        else:
            job = advance(ledger, row.public_id, backend, recover=True)
    except (StudioError, QuantumError) as error:
        give_up(ledger, row, str(error))
        job = ledger.get(row.public_id)
    except Exception:
        log.exception("%s could not be moved", row.public_id)
        return
    if job.state not in QuantumJob.LIVE and row.experiment_id:
        enqueue("experiment_collect", row.experiment_id)
    if job.state not in QuantumJob.LIVE and row.run_id:
        enqueue("run_use_collect", row.run_id)


def give_up(ledger: DjangoLedger, row: QuantumJob, reason: str) -> None:
    """There is no backend to move it with: nothing unsent is sent, nothing sent is forgotten."""
    state = JobState(row.state)
    if state == JobState.PLANNED:
        ledger.move(row.public_id, expected=state, to=JobState.CANCELLED, message=reason)
    elif state == JobState.SUBMITTING:
        ledger.move(row.public_id, expected=state, to=JobState.SUBMIT_UNKNOWN, message=reason)
    elif state in SENT:
        ledger.move(row.public_id, expected=state, to=JobState.CONTACT_LOST, message=reason)
    log.warning("%s: %s", row.public_id, reason)


def backend_of(row: QuantumJob) -> SamplingBackend:
    """The backend of a job; the SDK's process behind it is kept, one for each key.

    Raises:
        StudioError: its key is gone or cannot be read.
        QuantumError: the SDK is not installed, or an option is wrong.
    """
    if row.key is None:
        raise StudioError(_("Its key has been deleted."), code="key_gone")
    if missing := sdk_missing():
        raise BackendMissingError(missing)
    backend = wukong_backend(row.key, {"chip": row.chip, **row.options})
    cloud_key_used(row.key.pk)
    return backend


def job_can_cancel(job: QuantumJob) -> bool:
    return job.state in {*SENT, JobState.PLANNED}


@transaction.atomic
def job_cancel(*, job: QuantumJob, by: User) -> str:
    """Stop a job: at once where it was not sent, else the provider is asked. Returns what happens.

    Raises:
        StudioError: it has ended, or is being sent just now.
    """
    if not job_can_cancel(job):
        raise StudioError(
            _("A job that is %(state)s cannot be cancelled.")
            % {"state": job.get_state_display().lower()},
            code="wrong_state",
        )
    who = by.get_username()
    audit_write("quantum.cancelled", job, name=job.public_id, by=by)
    done = DjangoLedger().move(
        job.public_id,
        expected=JobState.PLANNED,
        to=JobState.CANCELLED,
        message=f"Cancelled by {who} before it was sent.",
    )
    if done:
        if job.experiment_id:
            enqueue("experiment_collect", job.experiment_id)
        return _("Cancelled. It was never sent.")
    rows = QuantumJob.objects.filter(pk=job.pk, state__in=[one.value for one in SENT])
    if not rows.update(cancel_asked_at=timezone.now()):
        raise StudioError(
            _("It is being sent just now. Try again in a moment."), code="wrong_state"
        )
    enqueue("quantum_jobs_advance")
    return _("The provider is asked to stop it. What it has run by then may be billed.")


@transaction.atomic
def job_give_up(*, job: QuantumJob, by: User) -> None:
    """Stop asking for a job of which the provider tells nothing any more, and call it failed.

    Raises:
        StudioError: the provider has answered, or the job has ended.
    """
    last = job.message.partition(" Asked again")[0]
    said = f"Given up by {by.get_username()}. It may have run and may be billed. {last}"
    lost, failed = JobState.CONTACT_LOST, JobState.FAILED
    if not DjangoLedger().move(job.public_id, expected=lost, to=failed, message=said):
        raise StudioError(_("The provider has answered in the meantime."), code="wrong_state")
    if job.experiment_id:
        enqueue("experiment_collect", job.experiment_id)


def job_decide(*, job: QuantumJob, by: User, task_id: str = "") -> None:
    """A person says what became of a job whose sending was cut off.

    Args:
        task_id: the provider's name for it; empty: it is not there, so the job has failed.

    Raises:
        StudioError: it does not need a decision.
    """
    try:
        with transaction.atomic():
            resolve(DjangoLedger(), job.public_id, task_id=task_id or None)
            row = QuantumJob.objects.get(pk=job.pk)
            QuantumJob.objects.filter(pk=job.pk).update(
                message=f"{row.message} Decided by {by.get_username()}."
            )
            if not row.is_live and row.experiment_id:
                enqueue("experiment_collect", row.experiment_id)
            enqueue("quantum_jobs_advance")
    except JobFailedError:
        raise StudioError(
            _("It needs no decision any more: it is %(state)s.")
            % {"state": job.get_state_display().lower()},
            code="wrong_state",
        ) from None
