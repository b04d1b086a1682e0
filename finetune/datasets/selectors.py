"""Reading data sets, always within the teams of one person."""

import json
from itertools import islice
from typing import Any

from django.shortcuts import get_object_or_404

from finetune.teams.models import Team, User

from .models import Dataset, DatasetQuerySet


def dataset_list_for(team: Team) -> DatasetQuerySet:
    return Dataset.objects.for_team(team)


def dataset_get(user: User, public_id: str) -> Dataset:
    """The data set, or Http404 where it is not one of this person's teams'."""
    return get_object_or_404(Dataset.objects.for_user(user), public_id=public_id)


def dataset_problems(dataset: Dataset, offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """A page of the problems that the check wrote, in the order of the file's lines."""
    try:
        with dataset.problems_file.open(encoding="utf-8") as handle:
            return [json.loads(line) for line in islice(handle, offset, offset + limit)]
    except FileNotFoundError:
        return []


def dataset_problem(dataset: Dataset, number: int) -> dict[str, Any] | None:
    """One problem by its place in the list, from 0; None where there is none."""
    if number > 10**9:  # further than any list goes
        return None
    if dataset.state == Dataset.State.READY:
        return next(iter(dataset_problems(dataset, offset=number, limit=1)), None)
    kept: list[dict[str, Any]] = dataset.report.get("problems") or []
    return kept[number] if number < len(kept) else None
