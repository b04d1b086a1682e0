"""What a job would be and take, told without making one."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.runs.checks import (
    RunOrder,
    continuation_check,
    dataset_usable,
    kind_check,
    settings_check,
    settings_read,
)
from finetune.runs.form.estimates import run_plan, train_dialogues
from finetune.runs.form.fitting import fit_check
from finetune.runs.form.spending import spending_check
from finetune.training.forecast.learned import Band
from finetune.training.plan import RunPlan


def plan_object(order: RunOrder) -> dict[str, Any]:
    """A forecast with bands, and why the job would be refused as things stand.

    Times, memory and steps are null where data or base are not known yet. What is known only as a
    job is made (quotas, caps of the site) is not looked at.

    Raises:
        RunRefused: the epochs are more steps than a run may have.
    """
    counted = with_steps(order)
    plan = run_plan(counted)
    forecast = plan.forecast
    known = order.epochs is None or counted is not order
    return {
        "object": "wukong.plan",
        "model": order.base.slug,
        "training_file": order.dataset.public_id,
        "validation_file": order.validation_dataset.public_id if order.validation_dataset else None,
        "adapter": plan.settings.adapter,
        "backend": plan.settings.backend if plan.sampling else None,
        "steps": plan.settings.steps if known else None,
        "epochs": order.epochs or (round(plan.epochs, 2) if plan.epochs else None),
        "trainable_parameters": plan.parameters,
        "circuits_per_step": plan.circuits_per_step,
        "seconds": band(forecast.seconds) if forecast and known else None,
        "memory_bytes": band(forecast.memory) if forecast else None,
        "memory_bytes_there": forecast.memory_there if forecast else None,
        "disk_bytes": forecast.disk if forecast else None,
        "fits": not forecast.lacks if forecast else None,
        "measured_runs": len(forecast.basis.runs) if forecast else 0,
        "cost": asdict(plan.cost) if plan.cost else None,
        "refused": refused(order, plan),
    }


def with_steps(order: RunOrder) -> RunOrder:
    """With the steps that the epochs mean; the same where the data is not counted."""
    dialogues = train_dialogues(order.dataset, order.validation_dataset)
    if order.epochs is None or not dialogues:
        return order
    steps = max(1, math.ceil(order.epochs * dialogues / order.settings.dialogues_per_step))
    return replace(order, settings=settings_read({**order.settings.to_dict(), "steps": steps}))


def band(value: Band | None) -> dict[str, float] | None:
    """The middle, and between what it lies nine times of ten."""
    if value is None:
        return None
    return {"low": round(value.low), "middle": round(value.middle), "high": round(value.high)}


def refused(order: RunOrder, plan: RunPlan) -> str | None:
    """The first thing for which `run_create` would refuse it."""
    try:
        settings_check(plan, order.base)
        chosen = plan.settings.completed()
        if order.continues is not None:
            continuation_check(order.continues, order, chosen)
        fit_check(order, plan)
        spending_check(order, plan)
        for field in ("dataset", "validation_dataset"):
            dataset: Dataset | None = getattr(order, field)
            if dataset is not None:
                dataset_usable(field, dataset, order.team)
                kind_check(field, dataset, chosen.kind)
    except RunRefused as error:
        return error.message
    return None
