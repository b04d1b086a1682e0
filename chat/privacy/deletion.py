"""Deleting for good: rows leave the database and, on SQLite, its files.

Everything of a talk hangs on its row (messages, votes) and goes along. What stays holds no words:
agreements and receipts with their dates, the person's choices, and the safety log.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.conversations.models import Conversation
from chat.notes.models import SessionNote
from chat.policy.models import SafetyText
from chat.privacy.models import DeletionReceipt
from chat.privacy.periods import PERIODS, UNDO
from chat.visitors.models import Visitor
from chat.visitors.services import VISIT_LASTS, visitors_delete
from finetune.teams.models import User

logger = logging.getLogger("chat.privacy")
BATCH = 200  # conversations in one transaction
Reason = DeletionReceipt.Reason


def everything_delete(*, user: User) -> DeletionReceipt:
    """Delete all talks and notes of a person, now."""
    with transaction.atomic():
        counts: Counter[str] = Counter()
        counts += talks_delete(Conversation.objects.filter(user=user))
        counts += rows_delete(SessionNote.objects.filter(user=user))
        counts += rows_delete(SafetyText.objects.filter(state__user=user))
        receipt = DeletionReceipt.objects.create(
            user=user, reason=Reason.ASKED, counts=dict(counts)
        )
    traces_remove()
    logger.info("deleted on request: %s", spoken(counts))
    return receipt


def chats_sweep(*, now: datetime | None = None) -> Counter[str]:
    """Delete what a person deleted and did not bring back, and what has outlived its time."""
    now = now or timezone.now()
    hidden = Conversation.objects.filter(deleted_at__lt=now - UNDO)
    total = by_person(hidden, SessionNote.objects.none(), Reason.UNDO)
    limits = [(days, Q(user__privacy_choice__keep_days=days)) for days, _ in PERIODS if days]
    if settings.CHAT_KEEP_DAYS:
        limits.append((settings.CHAT_KEEP_DAYS, Q()))
    for days, whose in limits:
        old = Q(updated_at__lt=now - timedelta(days=days)) & whose
        talks = Conversation.objects.filter(old)
        total += by_person(talks, SessionNote.objects.filter(old), Reason.TIMER)
        if not whose:  # the log's words, where an operator keeps them, outlive no talk
            logged = SafetyText.objects.filter(entry__at__lt=now - timedelta(days=days))
            total += rows_delete(logged)
    gone = Visitor.objects.filter(seen_at__lt=now - VISIT_LASTS)
    if visits := visitors_delete(list(gone.values_list("user_id", flat=True))):
        total["visits"] += visits
    if total:
        traces_remove()
        logger.info("deleted by time: %s", spoken(total))
    return total


def by_person(
    talks: QuerySet[Conversation], notes: QuerySet[SessionNote], reason: str
) -> Counter[str]:
    """Delete these rows, with a receipt for each person that they belong to."""
    total: Counter[str] = Counter()
    people = {*talks.values_list("user_id", flat=True), *notes.values_list("user_id", flat=True)}
    for person in people:
        with transaction.atomic():
            counts = talks_delete(talks.filter(user_id=person)[:BATCH])
            counts += rows_delete(notes.filter(user_id=person)[:BATCH])
            DeletionReceipt.objects.create(user_id=person, reason=reason, counts=dict(counts))
        total += counts
    return total


def talks_delete(talks: QuerySet[Conversation]) -> Counter[str]:
    """Delete talks, and what the safety log holds of their words where an operator lets it."""
    ids = list(talks.values_list("public_id", flat=True))
    logged = rows_delete(SafetyText.objects.filter(entry__conversation__in=ids))
    return logged + rows_delete(talks)


def rows_delete(rows: QuerySet[Any]) -> Counter[str]:
    """Delete rows with all that hangs on them; how many of each kind."""
    counts: Counter[str] = Counter()
    keys = list(rows.values_list("pk", flat=True))  # a cut query cannot delete
    _, deleted = rows.model._default_manager.filter(pk__in=keys).delete()
    for label, count in deleted.items():
        counts[str(apps.get_model(label)._meta.verbose_name_plural)] += count
    return counts


def traces_remove() -> None:
    """SQLite overwrites deleted rows (`secure_delete`), but its write-ahead log still has them
    until it is emptied. On PostgreSQL the space is the server's own to reuse (`VACUUM`)."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def spoken(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing"
