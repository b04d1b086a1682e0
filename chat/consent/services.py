"""Giving and withdrawing consent, and whether it is there."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.consent.models import Consent
from chat.consent.texts import Circumstances
from chat.visitors.selectors import is_visitor
from finetune.teams.models import User


def circumstances_for(user: User | None) -> Circumstances:
    """What the text says of this site to this reader; nobody signed in is a visitor to be."""
    visitor = user is None or is_visitor(user)
    return Circumstances(
        keep_days=0 if visitor else settings.CHAT_KEEP_DAYS,
        elsewhere=not settings.ENGINE_IS_OURS,
        log_words=settings.SAFETY_LOG_TEXT,
        handover=settings.HANDOVER,
        visitor=visitor,
    )


def consent_given(user: User) -> bool:
    """Whether this person has agreed to the text as it stands, and has not taken it back."""
    version = circumstances_for(user).version
    return Consent.objects.filter(user=user, version=version, withdrawn_at=None).exists()


@transaction.atomic
def consent_give(*, user: User, language: str) -> Consent:
    """Keep that the person agreed to the current version; once, however often the form is sent."""
    version = circumstances_for(user).version
    User.objects.select_for_update().get(pk=user.pk)
    there = Consent.objects.filter(user=user, version=version, withdrawn_at=None).first()
    return there or Consent.objects.create(user=user, version=version, language=language)


def consent_withdraw(*, user: User) -> int:
    """Take all agreements back. Nothing is deleted by that; sending asks again."""
    rows = Consent.objects.filter(user=user, withdrawn_at=None)
    return rows.update(withdrawn_at=timezone.now())
