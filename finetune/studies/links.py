"""Share links: whoever has one can read a study, without an account, until it is revoked."""

from __future__ import annotations

import secrets
import time

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from finetune.teams.accounts.sign_in import network_of, token_wrong
from finetune.teams.keys.services import digest
from finetune.teams.models import User

from .exceptions import StudyRefused
from .models import Study, StudyLink

MOST = 10  # open links of one study
A_MINUTE = 60  # looks from one address


@transaction.atomic
def link_create(*, study: Study, user: User) -> tuple[StudyLink, str]:
    """Make a link; its token is returned here and nowhere again.

    Raises:
        StudyRefused: there are too many.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if links_open(study).count() >= MOST:
        raise StudyRefused(
            _("This study has %(count)s open links. Revoke one first.") % {"count": MOST},
            code="too_many",
        )
    token = secrets.token_urlsafe(32)
    return StudyLink.objects.create(study=study, created_by=user, digest=digest(token)), token


def link_revoke(*, link: StudyLink) -> None:
    StudyLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def links_open(study: Study) -> QuerySet[StudyLink]:
    return study.links.filter(revoked_at=None).select_related("created_by")


def study_shared(token: str, *, address: str) -> Study:
    """The study behind a link; Http404 for a wrong and a revoked one alike.

    Raises:
        StudyRefused: too many looks, or too many wrong links, from this address.
    """
    link = StudyLink.objects.filter(digest=digest(token), revoked_at=None).first()
    if link is None:
        if token_wrong(address=address):
            raise too_often()
        raise Http404("This link does not lead anywhere (any more).")
    if looks_of(address) > A_MINUTE:
        raise too_often()
    return Study.objects.select_related(
        "base", "dataset", "validation_dataset", "test_dataset", "task_dataset", "team", "source"
    ).get(pk=link.study_id)


def too_often() -> StudyRefused:
    return StudyRefused(
        _("Too many requests from this address. Try again in a minute."), code="rate_limit"
    )


def looks_of(address: str) -> int:
    """Count a look of this minute; uncounted while the cache is away."""
    name = f"study-looks:{network_of(address)}:{int(time.time() // 60)}"
    try:
        cache.add(name, 0, timeout=120)
        return int(cache.incr(name))
    except (RedisError, ValueError):
        return 0
