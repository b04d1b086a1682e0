"""Keeping what runs take: a row with each run, its numbers whenever a worker lets go of it."""

from __future__ import annotations

from django.db.models import Sum
from django.db.models.functions import Coalesce

from finetune.hardware.models import QuantumJob
from finetune.runs.models import Run
from finetune.teams.models import ApiKey
from finetune.training.plan import RunPlan
from finetune.training.use.meter import Use

from .circuits import circuits_ran
from .models import RunUse


def use_create(run: Run, key: ApiKey | None) -> RunUse:
    """The row of a new run.

    Args:
        key: of the API, where the run is started with one.
    """
    return use_of(run, key=key)


def use_of(run: Run, **more: ApiKey | None) -> RunUse:
    """The run's row; a run of an earlier version gets one."""
    values = {
        "run": run,
        "name": run.name,
        "team_id": run.team_id,
        "person_id": run.created_by_id,
        "base": run.base.slug,
        "adapter": str(run.config.get("adapter", "")),
        **more,
    }
    return RunUse.objects.get_or_create(public_id=run.public_id, defaults=values)[0]


def use_foresee(run: Run, plan: RunPlan) -> None:
    """Keep what a run has to compute, so that later forecasts learn from what that takes.

    Not of a run on several devices: what its first process takes tells nothing of one device.
    """
    if plan.forecast is None or plan.settings.devices > 1:
        return
    use = use_of(run)
    use.work = plan.forecast.work.to_dict()
    use.sampled = plan.sampling.backend.name if plan.sampling else ""
    use.save(update_fields=["work", "sampled", "updated_at"])


def use_keep(run: Run) -> None:
    """Take over what the run's trainers have written so far; again is harmless."""
    use, taken = use_of(run), Use.of(run.folder)
    model = run.latest.get("model", {})
    use.steps = run.step
    use.precision = str(model.get("precision", ""))
    if taken.seconds:  # a folder that was emptied takes nothing back
        use.seconds = taken.seconds
        use.processor_seconds = taken.processor_seconds
        use.peak_bytes = taken.peak_bytes
        use.joules, use.energy_source = taken.joules, taken.source[:200]
        use.measured = dict(taken.measured or {})
    circuits, shots = circuits_ran(run)
    use.circuits = max(use.circuits, circuits, int(run.latest.get("circuits_run") or 0))
    use.shots = max(use.shots, shots, int(run.latest.get("shots_run") or 0))
    use.provider_seconds = provider_seconds(run.pk)
    use.save()


def use_provider_keep(run_id: int) -> None:
    """Take over what a provider has told of a job that ended, maybe long after its run."""
    RunUse.objects.filter(run=run_id).update(provider_seconds=provider_seconds(run_id))


def provider_seconds(run_id: int) -> float:
    """What the run's jobs took of quantum processors, as far as the provider has told."""
    jobs = QuantumJob.objects.filter(run=run_id)
    return float(jobs.aggregate(sum=Coalesce(Sum("seconds_used"), 0.0))["sum"])
