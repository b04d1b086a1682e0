"""API keys: made once, shown once, stored as a hash."""

import hashlib
import logging
import secrets
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.faults import fault_of
from finetune.teams.models import ApiKey, Membership, Team, User

log = logging.getLogger(__name__)
USED_AGAIN = timedelta(minutes=1)


def digest(secret: str) -> str:
    """SHA-256: a key has 256 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_create(*, team: Team, user: User, name: str) -> tuple[ApiKey, str]:
    """Make a key for one team; the secret is returned here and nowhere again."""
    if not team.memberships.filter(user=user).exists():
        raise StudioError(
            _("Only a member of the team can make a key for it."), code="not_a_member"
        )
    secret = f"sk-wk-{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        team=team, user=user, name=name, prefix=secret[:12], digest=digest(secret)
    )
    return key, secret


def key_revoke(*, key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def key_scope_set(*, key: ApiKey, scope: ApiKey.Scope) -> None:
    """Let a key in use get replies with or without the gate."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(scope=scope)
    if not changed:
        raise StudioError(
            _("The key “%(name)s” is revoked.") % {"name": key.name}, code="key_revoked"
        )


def key_check(secret: str) -> ApiKey | None:
    """The key behind a secret while it is not revoked and its maker is active and in the team."""
    key = ApiKey.objects.select_related("team", "user").filter(digest=digest(secret)).first()
    if key is None or not key_opens(key):
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_AGAIN:
        key_used(key)
    return key


def key_opens(key: ApiKey) -> bool:
    """Whether a key, as it is stored now, opens its team."""
    kept = ApiKey.objects.filter(pk=key.pk, revoked_at=None, user__is_active=True)
    members = Membership.objects.filter(user=OuterRef("user"), team=OuterRef("team"))
    return kept.filter(Exists(members)).exists()


def key_used(key: ApiKey) -> None:
    """Note when a key was used. A database that takes no writes now can still be read with it."""
    try:
        with transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    except DatabaseError as error:
        if fault_of(error) is None:
            raise
        log.warning("the use of a key was not noted", exc_info=error)
