"""Reading runs and their logs, always within the teams of one person."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from finetune.models import Run, RunEvent, Team, User

METRICS = (
    "train_loss",
    "train_accuracy",
    "learning_rate",
    "grad_norm",
    "tokens_per_second",
    "memory_mb",
    "circuit_gradient_variance",
    "circuit_gradient_norm",
    "circuits_run",
)
EVALUATIONS = ("validation_loss", "validation_accuracy", "circuit_entanglement")


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


def run_series(run: Run) -> dict[str, Any]:
    """The curves as columns: `step` beside each metric, and `evaluation` with its own `step`."""
    rows = RunEvent.objects.filter(run=run, type="metrics").order_by("seq")
    steps = list(rows.values_list("data", flat=True))
    checks = list(
        RunEvent.objects.filter(run=run, type="evaluation")
        .order_by("seq")
        .values_list("data", flat=True)
    )
    columns: dict[str, Any] = {name: [row.get(name) for row in steps] for name in METRICS}
    columns["step"] = [row.get("step") for row in steps]
    columns["evaluation"] = {
        name: [row.get(name) for row in checks] for name in ("step", *EVALUATIONS)
    }
    return columns


def run_samples(run: Run) -> list[RunEvent]:
    return list(RunEvent.objects.filter(run=run, type="sample").order_by("seq"))
