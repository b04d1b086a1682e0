"""Reading studies, always within the teams of one person."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from finetune.runs.models import Run
from finetune.teams.models import Team, User

from .models import Study

ENDED = Q(cells__run__state__in=Run.FINISHED, cells__stopped=False)


def study_list_for(team: Team) -> QuerySet[Study]:
    """The team's studies, newest first."""
    rows = Study.objects.for_team(team).select_related("base", "dataset", "created_by")
    return rows.defer("results")


def runs_ended(studies: Iterable[Study]) -> dict[int, int]:
    """How many runs of each of these studies have ended, by its key."""
    rows = Study.objects.filter(pk__in=[study.pk for study in studies]).order_by()
    counted = rows.annotate(ended=Count("cells", filter=ENDED))
    return dict(counted.values_list("pk", "ended"))


def study_get(user: User, public_id: str) -> Study:
    """The study, or Http404 where it is not one of this person's teams'."""
    rows = Study.objects.for_user(user).select_related(
        "base",
        "dataset",
        "validation_dataset",
        "test_dataset",
        "task_dataset",
        "team",
        "created_by",
        "source",
    )
    return get_object_or_404(rows, public_id=public_id)
