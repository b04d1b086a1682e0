"""API keys: made once, shown once, stored as a hash."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.faults import fault_of
from finetune.teams.audit.services import audit_write
from finetune.teams.models import ApiKey, Membership, Team, User

from .rights import ALL

log = logging.getLogger(__name__)
USED_AGAIN = timedelta(minutes=1)
LONGEST_OVERLAP = 24 * 30  # hours that a replaced key may go on


@dataclass(frozen=True)
class KeyLimits:
    """What a key may do and take.

    Attributes:
        rights: its scopes, as `rights.written` makes them.
        expires_at: None: never.
        requests_per_minute: None: as many as the site lets every key send, which is the most.
        processor_hours: in 30 days, of runs that are started with it; None: no limit.
    """

    rights: str = ALL
    expires_at: datetime | None = None
    requests_per_minute: int | None = None
    processor_hours: int | None = None


class KeyExpired(StudioError):
    """A key that would open its team if its time were not over."""

    def __init__(self, key: ApiKey) -> None:
        moment = f"{key.expires_at:%Y-%m-%d %H:%M} UTC"
        super().__init__(f"The API key “{key.name}” expired on {moment}.", code="expired_api_key")


def digest(secret: str) -> str:
    """SHA-256: a key has 256 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_create(
    *, team: Team, user: User, name: str, limits: KeyLimits | None = None
) -> tuple[ApiKey, str]:
    """Make a key for one team; the secret is returned here and nowhere again.

    Args:
        limits: None: everything, for ever.
    """
    return key_store(team=team, user=user, name=name, limits=limits or KeyLimits())


@transaction.atomic
def key_store(
    *, team: Team, user: User, name: str, limits: KeyLimits, noted: bool = True
) -> tuple[ApiKey, str]:
    if not team.memberships.filter(user=user).exists():
        raise StudioError(
            _("Only a member of the team can make a key for it."), code="not_a_member"
        )
    secret = f"sk-wk-{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        team=team,
        user=user,
        name=name,
        prefix=secret[:12],
        digest=digest(secret),
        **vars(limits),
    )
    if noted:
        audit_write("key.made", key, by=user, rights=limits.rights)
    return key, secret


@transaction.atomic
def key_replace(*, key: ApiKey, hours: int) -> tuple[ApiKey, str]:
    """Make a key with the same name, scopes, caps and lifetime; the old one ends in some hours.

    The new one is behind the gate, also where an operator had taken it off the old one: that was
    said of the old one alone.

    Raises:
        StudioError: the key is revoked, or `hours` is out of bounds.
    """
    if not 0 <= hours <= LONGEST_OVERLAP:
        raise StudioError(
            _("Choose between 0 and %(most)d hours.") % {"most": LONGEST_OVERLAP},
            code="invalid",
            field="hours",
        )
    key = ApiKey.objects.select_for_update().select_related("team", "user").get(pk=key.pk)
    if key.revoked_at is not None:
        raise revoked(key)
    now = timezone.now()
    lasts = key.expires_at - key.created_at if key.expires_at else None
    limits = KeyLimits(
        rights=key.rights,
        expires_at=now + lasts if lasts else None,
        requests_per_minute=key.requests_per_minute,
        processor_hours=key.processor_hours,
    )
    made = key_store(team=key.team, user=key.user, name=key.name, limits=limits, noted=False)
    ends = now + timedelta(hours=hours)
    key.expires_at = min(key.expires_at, ends) if key.expires_at else ends
    key.save(update_fields=["expires_at"])
    audit_write("key.replaced", made[0], by=key.user, hours=hours, old=key.prefix)
    return made


@transaction.atomic
def key_revoke(*, key: ApiKey) -> None:
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit_write("key.revoked", key)


@transaction.atomic
def key_scope_set(*, key: ApiKey, scope: ApiKey.Scope) -> None:
    """Let a key in use get replies with or without the gate."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(scope=scope)
    if not changed:
        raise revoked(key)
    audit_write("key.ungated" if scope == ApiKey.Scope.UNGATED else "key.gated", key)


def revoked(key: ApiKey) -> StudioError:
    return StudioError(_("The key “%(name)s” is revoked.") % {"name": key.name}, code="key_revoked")


def key_check(secret: str) -> ApiKey | None:
    """The key behind a secret while it is not revoked and its maker is active and in the team.

    Raises:
        KeyExpired: it would open its team, but its time is over.
    """
    key = ApiKey.objects.select_related("team", "user").filter(digest=digest(secret)).first()
    if key is None or not stands(key):
        return None
    if key.expired:
        raise KeyExpired(key)
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_AGAIN:
        key_used(key)
    return key


def key_opens(key: ApiKey) -> bool:
    """Whether a key, as it is stored now, opens its team."""
    now = timezone.now()
    return stands(key) and not ApiKey.objects.filter(pk=key.pk, expires_at__lte=now).exists()


def stands(key: ApiKey) -> bool:
    """Whether it opens its team but for its time."""
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
