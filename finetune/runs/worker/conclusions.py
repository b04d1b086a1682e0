"""How a worker's hold on a run ends. Each ending reads the request again under the row's lock.

A cancel that was accepted is never overridden: not by the success, the failure, the pause or the
loss of what it was meant to stop. A run that ended before it was asked refuses the cancel instead
(`run_cancel`). So a cancel during the last save wins: the adapter lies in the run's folder, is not
published, and “Queue again” takes it up at once.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.exceptions import RunRefused
from finetune.runs.models import Run
from finetune.runs.publishing import run_publish
from finetune.runs.services import run_enqueue
from finetune.runs.transitions import run_log, run_transition

from .exchange import jobs_cancel

State = Run.State
SILENT = "silent_since"  # in `Run.latest`, while a trainer gives no sign of life


class HoldLost(RunRefused):
    """The run is not held any more, or by another worker: nothing was changed."""


def locked(run_id: int, lease: str | None) -> Run:
    """The run's row, held until the transaction ends.

    Args:
        lease: under which it must still be held; None is the reaper, who looks for itself.

    Raises:
        HoldLost: it is not.
    """
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state not in Run.HELD or (lease is not None and run.lease_owner != lease):
        raise HoldLost(f"“{run.name}” is not held any more.", code="wrong_state")
    return run


@transaction.atomic
def run_succeed(run_id: int, lease: str | None) -> Run:
    """The trainer has finished: publish what it made, unless a cancel waits.

    Raises:
        HoldLost: another worker has taken the run.
        RunRefused: what it made cannot be published; nothing is changed then.
        OSError: the assistant's file cannot be written; nothing is changed then.
    """
    run = locked(run_id, lease)
    if run.request == Run.Request.CANCEL:
        return cancelled(run, "It had just finished; the cancel counts: cancelled.")
    late = " It was done before it could be paused." if run.state == State.PAUSING else ""
    done = ended(run, State.SUCCEEDED, f"Succeeded. The assistant can be talked to.{late}")
    run_publish(done)
    return done


@transaction.atomic
def run_fail(run_id: int, lease: str | None, error: dict[str, Any]) -> Run:
    """The run cannot go on: `error` has code, message, hint and trace.

    Raises:
        HoldLost: another worker has taken the run.
    """
    run = locked(run_id, lease)
    if run.request == Run.Request.CANCEL:
        return cancelled(run, f"{error['message']} A cancel was waiting: cancelled.")
    jobs_cancel(run, unsent_only=True)
    return ended(run, State.FAILED, error["message"], level="error", error=error)


@transaction.atomic
def run_stop(run_id: int, lease: str | None, request: str) -> Run:
    """The trainer has left because of a request; a cancel that came later than a pause counts.

    Raises:
        HoldLost: another worker has taken the run.
    """
    run = locked(run_id, lease)
    if Run.Request.CANCEL in (request, run.request):
        return cancelled(run, "Cancelled.")
    return paused(run, "Paused. Its checkpoint is kept." if run.step else "Paused.")


@transaction.atomic
def run_interrupt(
    run_id: int, lease: str | None, reason: str, *, code: str = "interrupted", bound: str, hint: str
) -> Run:
    """The trainer or its worker is gone: do what was asked for, or go on, within bounds.

    Args:
        bound: how a failure says that it was tried often enough; `{}` stands for how often.

    Raises:
        HoldLost: another worker has taken the run.
    """
    run = locked(run_id, lease)
    if run.request == Run.Request.CANCEL:
        return cancelled(run, f"{reason} A cancel was waiting: cancelled.")
    if run.request == Run.Request.PAUSE:
        return paused(run, f"{reason} A pause was waiting: paused.")
    if run.attempts >= settings.MAX_ATTEMPTS:
        message = bound.replace("{}", str(run.attempts))
        return run_fail(run_id, lease, {"code": code, "message": message, "hint": hint})
    run_log(run, "warning", f"{reason} It goes on by itself.", level="warn")
    words = "Queued to go on from its last checkpoint." if run.step else "Queued to start again."
    return run_enqueue(run, words, expected=Run.HELD, latest=without_silence(run))


@transaction.atomic
def run_put_back(run_id: int, lease: str | None, reason: str) -> Run:
    """The machine cannot carry it out now: it waits in the queue, and no start is counted.

    Raises:
        HoldLost: another worker has taken the run.
    """
    run = locked(run_id, lease)
    if run.request == Run.Request.CANCEL:
        return cancelled(run, f"{reason}. A cancel was waiting: cancelled.")
    if run.request == Run.Request.PAUSE:
        return paused(run, f"{reason}. A pause was waiting: paused.")
    return released(
        run,
        State.QUEUED,
        f"{reason}. It starts by itself when that is over.",
        level="warn",
        enqueued_at=timezone.now(),
        attempts=max(0, run.attempts - 1),
    )


def cancelled(run: Run, message: str) -> Run:
    jobs_cancel(run)
    kept = " Its last checkpoint is kept." if run.step else ""
    return ended(run, State.CANCELLED, f"{message}{kept}")


def paused(run: Run, message: str) -> Run:
    return released(run, State.PAUSED, message)


def ended(run: Run, state: str, message: str, **changes: Any) -> Run:
    return released(
        run, state, message, finished_at=timezone.now(), seconds_left=None, **changes
    )  # fmt: skip


def released(run: Run, state: str, message: str, **changes: Any) -> Run:
    """Give the lease back together with the new state; the request is answered."""
    return run_transition(
        run.pk,
        state,
        message=message,
        expected=Run.HELD,
        lease_owner="",
        lease_until=None,
        request=Run.Request.NONE,
        latest=without_silence(run),
        **changes,
    )


def without_silence(run: Run) -> dict[str, Any]:
    return {name: value for name, value in run.latest.items() if name != SILENT}
