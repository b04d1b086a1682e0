"""Reading runs and their logs, always within the teams of one person."""

from collections import Counter

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from finetune.teams.models import Team, User

from .models import Run, RunEvent


def run_list_for(team: Team) -> QuerySet[Run]:
    return Run.objects.for_team(team).select_related("base", "dataset", "created_by")


def run_get(user: User, public_id: str) -> Run:
    """The run, or Http404 where it is not one of this person's teams'."""
    runs = Run.objects.for_user(user).select_related(
        "base", "dataset", "team", "created_by", "continues"
    )
    return get_object_or_404(runs, public_id=public_id)


def run_events_after(run: Run, seq: int, limit: int = 500) -> list[RunEvent]:
    """The next `limit` events after number `seq`, oldest first."""
    return list(RunEvent.objects.filter(run=run, seq__gt=seq).order_by("seq")[:limit])


def run_counts(team: Team) -> Counter[str]:
    """How many of a team's runs are in each state, from the index alone."""
    rows = Run.objects.for_team(team).order_by().values_list("state").annotate(Count("pk"))
    return Counter(dict(rows))
