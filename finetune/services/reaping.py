"""Finding what was lost: runs whose worker is gone, and queued runs whose message is gone."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.exceptions import RunRefused
from finetune.models import Run

from .exchange import jobs_cancel
from .queue import enqueue
from .runs import run_enqueue
from .transitions import run_log, run_transition

State = Run.State
MESSAGE_LASTS = timedelta(seconds=15)


def runs_reap() -> None:
    """Go on with runs whose lease has lapsed; send messages again that seem lost."""
    now = timezone.now()
    for run in Run.objects.filter(state__in=Run.HELD, lease_until__lt=now):
        try:
            run_reap(run)
        except RunRefused:
            continue  # its worker was quicker
    if not Run.objects.filter(state__in=Run.HELD, lease_until__gte=now).exists():
        messages_resend()


@transaction.atomic
def run_reap(run: Run) -> None:
    """One run whose worker is gone: do what was asked for, or queue it again."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state not in Run.HELD or run.lease_until is None or run.lease_until > timezone.now():
        return
    if run.request == Run.Request.CANCEL:
        jobs_cancel(run)
        run_transition(
            run.pk,
            State.CANCELLED,
            message="Its worker is gone; a cancel was waiting: cancelled.",
            finished_at=timezone.now(),
            request=Run.Request.NONE,
            lease_owner="",
            lease_until=None,
        )
    elif run.request == Run.Request.PAUSE:
        run_transition(
            run.pk,
            State.PAUSED,
            message="Its worker is gone; a pause was waiting: paused.",
            request=Run.Request.NONE,
            lease_owner="",
            lease_until=None,
        )
    elif run.attempts >= settings.MAX_ATTEMPTS:
        message = f"Its worker was lost {run.attempts} times without a step of progress."
        jobs_cancel(run, unsent_only=True)
        hint = "Look into the worker's log; when the cause is gone, queue the run again."
        run_transition(
            run.pk,
            State.FAILED,
            message=message,
            level="error",
            error={"code": "worker_lost", "message": message, "hint": hint},
            finished_at=timezone.now(),
            lease_owner="",
            lease_until=None,
        )
    else:
        run_log(run, "warning", "Its worker is gone. It goes on by itself.", level="warn")
        run_enqueue(run, "Queued to go on from its last checkpoint.")


def messages_resend() -> None:
    """With every worker idle, a run that still waits has lost its message: send another."""
    now = timezone.now()
    for run in Run.objects.filter(state=State.QUEUED, enqueued_at__lt=now - MESSAGE_LASTS):
        Run.objects.filter(pk=run.pk).update(enqueued_at=now)
        enqueue("run_execute", run.pk)
