"""Changes to what the operator tells everybody, and to whether workers begin anything new."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from finetune.exceptions import StudioError
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User

from .models import Drain
from .selectors import CACHE_SECONDS, CACHED

log = logging.getLogger(__name__)


def announcements_changed() -> None:
    """Have the next page read them again."""
    try:
        cache.delete(CACHED)
    except RedisError as error:
        log.warning("announcements show within %s s: %s", CACHE_SECONDS, error)


def drain_start(*, user: User, reason: str) -> Drain:
    """Let workers end what they do and begin nothing new.

    Raises:
        StudioError: they begin nothing new already.
    """
    try:
        with transaction.atomic():
            drain = Drain.objects.create(by=user, reason=reason.strip())
            audit_write("work.stopped", drain, by=user)
    except IntegrityError as error:
        raise StudioError("No worker begins anything new already.", code="wrong_state") from error
    log.warning("no run, evaluation or trial is begun from now on")
    return drain


@transaction.atomic
def drain_end() -> None:
    """Let workers begin again.

    Raises:
        StudioError: they do.
    """
    drain = Drain.objects.select_for_update().filter(ended_at=None).first()
    if drain is None:
        raise StudioError("Workers begin what waits already.", code="wrong_state")
    drain.ended_at = timezone.now()
    drain.save(update_fields=["ended_at"])
    audit_write("work.begun", drain)
    log.warning("what waits is begun again")
