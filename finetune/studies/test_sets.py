"""Which data sets a team's studies measure with."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from finetune.datasets.findings.services import measured_with
from finetune.teams.models import Team

from .models import Study


@receiver(measured_with)
def test_sets(team: Team, **_kwargs: Any) -> list[int]:
    """Ids of the data sets on which a study of the team reports its results."""
    studies = Study.objects.filter(team=team, test_dataset__isnull=False)
    return [pk for pk in studies.values_list("test_dataset", flat=True) if pk is not None]
