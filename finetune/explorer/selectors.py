"""Reading experiments, always within one person's teams."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from finetune.teams.models import Team, User

from .models import QuantumExperiment


def experiment_list_for(team: Team) -> QuerySet[QuantumExperiment]:
    return QuantumExperiment.objects.for_team(team).select_related("created_by")


def experiment_get(user: User, public_id: str) -> QuantumExperiment:
    found: QuantumExperiment = get_object_or_404(
        QuantumExperiment.objects.for_user(user).select_related("created_by", "key", "team"),
        public_id=public_id,
    )
    return found
