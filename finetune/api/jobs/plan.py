"""What a job would be and take, told without making one."""

from __future__ import annotations

from typing import Any

from finetune.api.wukong.plans import counted, plan_object
from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.runs.checks import (
    RunOrder,
    continuation_check,
    dataset_usable,
    kind_check,
    settings_check,
)
from finetune.runs.form.estimates import run_plan
from finetune.runs.form.fitting import fit_check
from finetune.runs.form.spending import spending_check
from finetune.training.plan import RunPlan


def plan_told(order: RunOrder) -> dict[str, Any]:
    """What `/v1/wukong/plans` answers, and beside it why the job would be refused as things stand.

    What is known only as a job is made (quotas, caps of the site) is not looked at.

    Raises:
        RunRefused: the epochs are more steps than a run may have.
    """
    known = counted(order)
    plan = run_plan(known)
    forecast = plan.forecast
    return {
        **plan_object(known, plan),
        "circuits_per_step": plan.circuits_per_step,
        "memory_bytes_there": forecast.memory_there if forecast else None,
        "refused": refused(order, plan),
    }


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
