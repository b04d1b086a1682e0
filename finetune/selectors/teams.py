"""Who works where."""

from django.db.models import QuerySet
from django.http import HttpRequest

from finetune.models import Membership, Team, User

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
