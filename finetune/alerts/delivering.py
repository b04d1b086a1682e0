"""Carrying deliveries out: claimed in the row, tried, noted; found again after a lost worker."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from finetune.queue import enqueue, lacks_messages

from .backoff import wait_after
from .mail import language_of, mail_send
from .models import Delivery, Webhook
from .outcomes import Outcome
from .webhooks import webhook_send

State = Delivery.State
QUEUE = "alerts"
CLAIM_LASTS = timedelta(seconds=60)  # longer than any try takes
MOST_AT_ONCE = 200  # messages sent by one look


def alert_deliver(delivery_id: int) -> None:
    """Try one delivery that is due; a message that comes twice finds nothing to claim."""
    now = timezone.now()
    until = now + CLAIM_LASTS
    mine = Delivery.objects.filter(pk=delivery_id, state=State.WAITING, due_at__lte=now)
    if not mine.update(state=State.SENDING, due_at=until):
        return
    rows = Delivery.objects.select_related(
        "alert__run", "alert__study", "alert__team", "webhook", "user"
    )
    delivery = rows.get(pk=delivery_id)
    begun = time.monotonic()
    conclude(delivery, outcome_of(delivery), until=until, seconds=time.monotonic() - begun)


def outcome_of(delivery: Delivery) -> Outcome:
    """Send it, unless who was to get it is not to any more."""
    hook, user = delivery.webhook, delivery.user
    if hook is not None:
        if not hook.on or not hook.maker_is_there:
            return Outcome("left", final=True)
        return webhook_send(delivery, hook)
    team = delivery.alert.team
    if user is None or not user.is_active or not user.email:
        return Outcome("left", final=True)
    if not team.memberships.filter(user=user).exists():
        return Outcome("left", final=True)
    return mail_send(delivery, user.email, language_of(delivery))


@transaction.atomic
def conclude(delivery: Delivery, outcome: Outcome, *, until: object, seconds: float) -> None:
    """Note how a try ended, unless its claim has lapsed and was taken up meanwhile."""
    row = Delivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if row is None or row.state != State.SENDING or row.due_at != until:
        return
    noted(row, outcome, seconds)
    if outcome.gone and row.webhook_id is not None:
        Webhook.objects.filter(pk=row.webhook_id).update(on=False, gone_at=timezone.now())


def noted(row: Delivery, outcome: Outcome, seconds: float | None) -> None:
    now = timezone.now()
    row.tries += 1
    row.log = [
        *row.log,
        {
            "at": now.isoformat(),
            "seconds": None if seconds is None else round(seconds, 3),
            "status": outcome.status,
            "problem": outcome.problem,
            "detail": outcome.detail,
        },
    ]
    if not outcome.problem:
        row.state = State.DONE
    elif outcome.final or row.tries >= row.allowed:
        row.state = State.FAILED
    else:
        row.state, row.due_at = State.WAITING, now + wait_after(row.tries)
    row.save(update_fields=["state", "due_at", "tries", "log"])


def deliveries_recheck() -> None:
    """Take up again what a lost worker had claimed; send messages for what is due."""
    now = timezone.now()
    lapsed = Delivery.objects.filter(state=State.SENDING, due_at__lt=now)
    for pk in lapsed.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        claim_lapsed(pk)
    waiting = Delivery.objects.filter(state=State.WAITING, due_at__lte=now)
    due = list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    if due and lacks_messages(QUEUE, len(due)):
        for pk in due:
            enqueue("alert_deliver", pk)


@transaction.atomic
def claim_lapsed(pk: int) -> None:
    row = Delivery.objects.select_for_update().filter(pk=pk, state=State.SENDING).first()
    if row is not None and row.due_at < timezone.now():
        noted(row, Outcome("lost"), None)
