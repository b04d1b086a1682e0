"""Finding what was lost: runs whose worker is gone, and queued runs whose message is gone."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from finetune.queue import enqueue, messages_waiting
from finetune.runs.models import Run
from finetune.runs.queue.line import runs_startable

from .conclusions import HoldLost, run_interrupt

State = Run.State
MESSAGE_LASTS = timedelta(seconds=15)


def runs_reap() -> None:
    """Go on with runs whose lease has lapsed; send messages again that seem lost."""
    now = timezone.now()
    lapsed = Run.objects.filter(state__in=Run.HELD, lease_until__lt=now)
    for run in lapsed.order_by("enqueued_at", "id"):
        try:
            run_reap(run)
        except HoldLost:
            continue  # its worker was quicker
    messages_resend()


@transaction.atomic
def run_reap(run: Run) -> None:
    """One run whose worker is gone: do what was asked for, or queue it again."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state not in Run.HELD or run.lease_until is None or run.lease_until > timezone.now():
        return
    run_interrupt(
        run.pk,
        None,
        "Its worker is gone.",
        code="worker_lost",
        bound="Its worker was lost {} times without a step of progress.",
        hint="Look into the worker's log; when the cause is gone, queue the run again.",
    )


def messages_resend() -> None:
    """Send messages again where fewer are left than runs may start, in the order of their starts.

    A run that its team's quota holds back needs none: the end of another one sends it.

    This does not wait for idle workers: with runs coming all the time there may never be any. A
    message too many finds nothing to claim.
    """
    left = messages_waiting("train")
    if left is None:
        return  # the broker is away; when it is back, what it lost is seen
    now = timezone.now()
    waiting = Run.objects.filter(state=State.QUEUED, enqueued_at__lt=now - MESSAGE_LASTS)
    due = set(waiting.values_list("pk", flat=True))
    runs = [pk for pk in runs_startable() if pk in due]
    if left >= len(runs):
        return
    for place, pk in enumerate(runs):
        # A microsecond apart, so that what was sent first is told first.
        sent_at = now + timedelta(microseconds=place)
        if waiting.filter(pk=pk).update(enqueued_at=sent_at):
            enqueue("run_execute", pk)
