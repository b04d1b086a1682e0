"""Letting people into a team: an owner invites a name, its person accepts or declines.

Nothing here looks whether an account of a name exists, so that inviting tells nothing about it: the
same steps, the same answer, the same list.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.teams.audit.services import audit_write

from .models import Invitation, Membership, Team, User

OPEN_PER_TEAM = 100


@transaction.atomic
def invitation_create(
    *, team: Team, name: str, by: User, role: str = Membership.Role.MEMBER
) -> Invitation:
    """Invite a name.

    Raises:
        StudioError: a member has this name, it is invited already, or too many are.
    """
    name = User.normalize_username(name.strip())
    if team.memberships.filter(user__username__iexact=name).exists():
        raise StudioError(
            _("%(name)s is already in %(team)s.") % {"name": name, "team": team.name},
            code="already_member",
            field="username",
        )
    if team.invitations.count() >= OPEN_PER_TEAM:
        raise StudioError(
            _("%(number)d invitations are open. Withdraw those that nobody answers first.")
            % {"number": OPEN_PER_TEAM},
            code="too_many",
            field="username",
        )
    try:
        with transaction.atomic():
            made = Invitation.objects.create(
                team=team, name=name, folded=name.casefold(), role=role, created_by=by
            )
    except IntegrityError:
        raise StudioError(
            _("%(name)s is invited already. Withdraw that invitation to change its role.")
            % {"name": name},
            code="already_invited",
            field="username",
        ) from None
    audit_write("member.invited", made, by=by, role=role)
    return made


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: User) -> Team:
    """Join the team. Of several requests at once one makes the membership."""
    team = invitation.team
    found, joined = Membership.objects.get_or_create(
        team=team, user=user, defaults={"role": invitation.role}
    )
    if joined:
        audit_write("member.joined", found, name=user.get_username(), by=user, role=found.role)
    Invitation.objects.filter(pk=invitation.pk).delete()
    return team


def invitation_decline(*, invitation: Invitation) -> None:
    """Put it out of the person's sight. The owner's list stays as it is."""
    Invitation.objects.filter(pk=invitation.pk).update(declined_at=timezone.now())


@transaction.atomic
def invitation_withdraw(*, invitation: Invitation) -> None:
    audit_write("member.withdrawn", invitation)
    Invitation.objects.filter(pk=invitation.pk).delete()
