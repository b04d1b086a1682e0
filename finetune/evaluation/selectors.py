"""Reading evaluations, always within the teams of one person; what of a run can be evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404

from finetune.datasets.models import Dataset
from finetune.hardware.models import QuantumJob
from finetune.runs.checkpoints import checkpoints_kept
from finetune.runs.models import Run
from finetune.teams.models import Team, User

from .models import Evaluation

SHOWN = 100
OFFERED = 50


def evaluation_list_for(team: Team) -> QuerySet[Evaluation]:
    return Evaluation.objects.for_team(team).select_related("run", "base", "dataset", "created_by")


def evaluations_of(run: Run) -> list[Evaluation]:
    """A run's, newest first."""
    rows = evaluation_list_for(run.team).filter(run=run).prefetch_related(jobs_shown())
    return list(rows[:SHOWN])


def jobs_shown() -> Prefetch[Any]:
    """The jobs of ladders on a chip, first ones first, without what the provider answered."""
    jobs = QuantumJob.objects.defer("payload", "result", "handle").order_by("created_at", "id")
    return Prefetch("quantum_jobs", queryset=jobs)


def evaluation_get(user: User, run_id: str, public_id: str) -> Evaluation:
    """The evaluation, or Http404 where it is not one of this person's teams'."""
    rows = Evaluation.objects.for_user(user).select_related("run", "base", "team")
    return get_object_or_404(rows, public_id=public_id, run__public_id=run_id)


def checkpoints_offered(run: Run) -> list[str]:
    """What of a run can be evaluated: best and last where there are weights, steps, the base."""
    steps = [str(one.step) for one in checkpoints_kept(run)]
    whole = (run.folder / "adapter" / "adapter_config.json").is_file()
    return [*(["best", "last"] if steps or whole else []), *steps, "base"]


def examples_file(run: Run | None, dataset: Dataset | None) -> Path:
    """Where solved problems stand that are not evaluated: what was trained on, or would be."""
    if dataset is not None:
        return dataset.train_file
    assert run is not None
    return run.folder / "train.jsonl"


def datasets_offered(team: Team) -> list[Dataset]:
    """Data sets of a team that are ready: the newest versions first, then older ones."""
    ready = Dataset.objects.for_team(team).filter(state=Dataset.State.READY).newest_first()
    return list(ready.only("public_id", "name", "version")[:OFFERED])
