"""Making people and teams, and letting people in."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.teams.audit.origin import origin_now
from finetune.teams.audit.services import audit_write
from finetune.teams.keys.services import digest

from .accounts.auditors import auditors
from .models import Membership, SignInLink, Team, User

LINK_LASTS = timedelta(hours=1)


@transaction.atomic
def team_create(*, name: str, owner: User) -> Team:
    stem = slugify(name)[:32] or "team"
    slug, number = stem, 1
    while Team.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    team = Team.objects.create(name=name, slug=slug)
    Membership.objects.create(team=team, user=owner, role=Membership.Role.OWNER)
    audit_write("team.made", team)
    return team


@transaction.atomic
def user_create(
    *,
    username: str,
    email: str = "",
    team: Team | None = None,
    administrator: bool = False,
    auditor: bool = False,
) -> User:
    """Make an account without a password; a sign-in link lets the person set one.

    Args:
        team: None: one of their own.
        administrator: may use the console.
        auditor: may look at everything there, and change nothing.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise StudioError(
            _("The name %(name)s is taken.") % {"name": repr(username)},
            code="username_taken",
            field="username",
        )
    user = User(
        username=username,
        email=email,
        is_staff=administrator or auditor,
        is_superuser=administrator,
    )
    user.set_unusable_password()
    user.save()
    if auditor:
        user.groups.add(auditors())
    audit_write("person.made", user, name=username)
    if team is None:
        team_create(name=f"{username}'s team", owner=user)
    else:
        member_add(team=team, user=user)
    return user


@transaction.atomic
def member_add(*, team: Team, user: User, role: str = Membership.Role.MEMBER) -> Membership:
    membership, made = Membership.objects.get_or_create(
        team=team, user=user, defaults={"role": role}
    )
    if not made:
        raise StudioError(
            _("%(name)s is already in %(team)s.") % {"name": user.username, "team": team.name},
            code="already_member",
            field="username",
        )
    audit_write("member.added", membership, name=user.get_username(), role=membership.role)
    return membership


@transaction.atomic
def member_remove(*, membership: Membership) -> None:
    owners = membership.team.memberships.select_for_update().filter(role=Membership.Role.OWNER)
    if membership.role == Membership.Role.OWNER and owners.count() == 1:
        raise StudioError(
            _("A team keeps at least one owner. Make somebody else an owner first."),
            code="last_owner",
        )
    left = membership.user == origin_now().person
    name = membership.user.get_username()
    audit_write("member.left" if left else "member.removed", membership, name=name)
    membership.delete()


@transaction.atomic
def sign_in_link_create(*, user: User) -> str:
    """Return the absolute address that signs `user` in once, within an hour."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user, digest=digest(token), expires_at=timezone.now() + LINK_LASTS
    )
    audit_write("sign_in.link_made", user, name=user.get_username())
    return f"{settings.SITE_URL.rstrip('/')}{reverse('sign-in-link', args=[token])}"


def sign_in_link_find(token: str) -> SignInLink | None:
    """The link while it is neither used nor lapsed; looking does not use it."""
    return (
        SignInLink.objects.select_related("user")
        .filter(
            digest=digest(token),
            used_at=None,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .first()
    )


def sign_in_link_use(token: str) -> User | None:
    """Use the link up: of several requests at once exactly one gets the person."""
    link = sign_in_link_find(token)
    if link is None:
        return None
    used = SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    return link.user if used else None


@transaction.atomic
def password_set(form: SetPasswordForm[User]) -> User:
    """Keep the password of a form that is valid."""
    user = form.save()
    audit_write("sign_in.password", user, name=user.get_username(), by=user)
    return user


@transaction.atomic
def member_role_set(*, membership: Membership, role: str) -> Membership:
    """Make a member an owner or an owner a member; the last owner stays one."""
    owners = membership.team.memberships.select_for_update().filter(role=Membership.Role.OWNER)
    leaves = membership.role == Membership.Role.OWNER and role != Membership.Role.OWNER
    if leaves and owners.count() == 1:
        raise StudioError(
            _("A team keeps at least one owner. Make somebody else an owner first."),
            code="last_owner",
        )
    membership.role = role
    membership.save(update_fields=["role"])
    audit_write("member.role", membership, name=membership.user.get_username(), role=role)
    return membership
