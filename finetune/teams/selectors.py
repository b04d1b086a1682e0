"""Who works where."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from .models import Invitation, Membership, Team, User

SESSION_KEY = "team"


def teams_of(user: User) -> QuerySet[Team]:
    return Team.objects.filter(members=user)


def team_current(request: HttpRequest) -> Team | None:
    """The team chosen in this session, or the person's first one, or None."""
    if not request.user.is_authenticated:
        return None
    teams = teams_of(request.user)
    chosen = request.session.get(SESSION_KEY)
    return teams.filter(pk=chosen or 0).first() or teams.order_by("memberships__created_at").first()


def membership_of(user: User, team: Team) -> Membership | None:
    return Membership.objects.filter(user=user, team=team).first()


def is_owner(user: User, team: Team) -> bool:
    membership = membership_of(user, team)
    return membership is not None and membership.role == Membership.Role.OWNER


def invitations_for(user: User) -> list[Invitation]:
    """What waits for this person's answer. Names are compared without their case, unless there is
    an account that is written exactly as the invitation: then it is that one's."""
    rows = Invitation.objects.filter(
        folded=user.username.casefold(), declined_at=None
    ).select_related("team", "created_by")
    return [row for row in rows if row.name == user.username or not account_named(row.name)]


def account_named(name: str) -> bool:
    return User.objects.filter(username=name).exists()


def invitation_get(user: User, pk: int) -> Invitation:
    """An invitation that waits for this person.

    Raises:
        Http404: there is none, or it is another person's.
    """
    found = next((row for row in invitations_for(user) if row.pk == pk), None)
    if found is None:
        raise Http404("There is no such invitation.")
    return found
