"""A form that is sent twice makes one thing: after a double click, a reload, a lost answer.

Each rendered form carries a token of its own (`{% form_token %}`). The token and everything that
was typed make one digest, kept under a unique constraint in the transaction that makes the thing:
of many at once, one makes it and the others find it. A form that is opened anew has another token,
and one whose fields were changed another digest, so neither is held back. A form without a token,
as a script may send it, is carried out each time; where that would cost something, the same fields
are the same form for as long as the same body is to the API (`WUKONG_API_REPEAT_SECONDS`).
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from finetune.teams.models import Submission, Team, User

FIELD = "form_token"
TOKEN = re.compile(r"[\w-]{16,64}")
KEPT = timedelta(days=30)
PASSING = "passing-"  # begins the digest of a form without a token, which counts for a moment
NOT_TYPED = ("csrfmiddlewaretoken",)


class AlreadySubmitted(Exception):
    """This very form has made something before."""

    def __init__(self, made: str) -> None:
        super().__init__(made)
        self.made = made


def token_new() -> str:
    return secrets.token_urlsafe(16)


@sensitive_variables()
def submission_digest(
    kind: str,
    team: Team,
    data: QueryDict,
    files: Mapping[str, Any] | None = None,
    *,
    costly: bool = False,
) -> str:
    """What tells one sent form from another; empty without a token, unless the thing is costly."""
    has_token = bool(TOKEN.fullmatch(data.get(FIELD, "")))
    if not has_token and not (costly and settings.API_REPEAT_SECONDS > 0):
        return ""
    fields = sorted((name, values) for name, values in data.lists() if name not in NOT_TYPED)
    chosen = [(name, file.name, file.size) for name, file in (files or {}).items()]
    text = json.dumps([kind, team.pk, fields, sorted(chosen)])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return digest if has_token else PASSING + digest[len(PASSING) :]


def submission_once(*, user: User, digest: str, make: Callable[[], str]) -> tuple[str, bool]:
    """Carry `make` out, unless this form has been: the public id of what it made, and which."""
    if not digest:
        return make(), False
    try:
        with transaction.atomic():
            row = submission_take(user=user, digest=digest)
            made = make()
            submission_keep(row, made)
    except AlreadySubmitted as earlier:
        return earlier.made, True
    return made, False


def submission_take(*, user: User, digest: str) -> Submission:
    """Claim a form inside the transaction that makes its thing; waits for one that is at it.

    Raises:
        AlreadySubmitted: it has made its thing.
    """
    if digest.startswith(PASSING):
        lapsed = timezone.now() - timedelta(seconds=settings.API_REPEAT_SECONDS)
        Submission.objects.filter(user=user, digest=digest, created_at__lt=lapsed).delete()
    try:
        with transaction.atomic():
            return Submission.objects.create(user=user, digest=digest)
    except IntegrityError:
        raise AlreadySubmitted(submission_made(user=user, digest=digest)) from None


def submission_keep(row: Submission, made: str) -> None:
    """Note what a claimed form has made; forget forms that nobody sends again."""
    Submission.objects.filter(pk=row.pk).update(made=made)
    old = Submission.objects.filter(user=row.user, created_at__lt=timezone.now() - KEPT)
    old.delete()


def submission_made(*, user: User, digest: str) -> str:
    """What a form has made; empty for nothing yet."""
    rows = (
        Submission.objects.filter(user=user, digest=digest) if digest else Submission.objects.none()
    )
    return rows.values_list("made", flat=True).first() or ""
