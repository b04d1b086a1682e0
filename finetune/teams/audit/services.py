"""Adding to the audit log: the one way in, called by services where something was done."""

from __future__ import annotations

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from finetune.teams.models import Team, User

from .actions import ACTIONS
from .models import AuditEntry
from .origin import origin_now


def audit_write(
    action: str,
    thing: models.Model | None = None,
    *,
    name: str = "",
    kind: str = "",
    number: str = "",
    team: Team | None = None,
    by: User | None = None,
    **details: str | int,
) -> AuditEntry:
    """Note that something was done, in the transaction that did it.

    Never give it what somebody said or wrote to an assistant, nor a secret: names, ids, numbers.

    Args:
        action: one of `ACTIONS`.
        thing: what it was done to, as it is or was; None where there is none.
        name: what to call it; empty: its `name`, or as it calls itself.
        kind: of it, where it is not there any more.
        number: its id, in the same case.
        team: whose it is; None: the thing's own team, if it has one.
        by: who did it; None: who sent the request that is answered now.
        details: what the action's sentence needs besides.

    Raises:
        KeyError: there is no such action.
    """
    if action not in ACTIONS:
        raise KeyError(action)
    origin = origin_now()
    person = by or origin.person
    team = team or team_of(thing)
    return AuditEntry.objects.create(
        action=action,
        person_id=person.pk if person else None,
        person=person.get_username()[:150] if person else "",
        team_id=team.pk if team else None,
        team=team.name[:80] if team else "",
        kind=(kind or (str(thing._meta.verbose_name) if thing is not None else ""))[:40],
        thing_id=(number or id_of(thing))[:80],
        thing=(name or name_of(thing))[:200],
        door=origin.door,
        key_prefix=origin.key_prefix,
        address=origin.address[:64],
        details=details,
    )


def team_of(thing: models.Model | None) -> Team | None:
    if isinstance(thing, Team):
        return thing
    team = getattr(thing, "team", None)
    return team if isinstance(team, Team) else None


def id_of(thing: models.Model | None) -> str:
    if thing is None:
        return ""
    return str(getattr(thing, "public_id", "") or thing.pk or "")


def name_of(thing: models.Model | None) -> str:
    if thing is None:
        return ""
    own = getattr(thing, "name", "")
    return str(own) if own and isinstance(own, str) else str(thing)


@transaction.atomic
def audit_prune(*, days: int) -> int:
    """Take away what is older than some days, and note that. Returns how many entries."""
    gone = AuditEntry.objects.prune(timezone.now() - timedelta(days=days))
    audit_write("audit.pruned", days=days, count=gone)
    return gone
