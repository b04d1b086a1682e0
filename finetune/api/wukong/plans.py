"""`/v1/wukong/plans`: what a job would be and take, told before it is made."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Body, Router, Schema
from pydantic import Field

from finetune.api.files import key_of
from finetune.api.jobs.creation import job_order, job_refusal
from finetune.api.jobs.request import JobBody
from finetune.exceptions import RunRefused
from finetune.runs.checks import RunOrder, settings_check
from finetune.runs.form.estimates import run_plan
from finetune.runs.form.fitting import lack_words, run_changes
from finetune.training.forecast.learned import Band
from finetune.training.plan import RunPlan

router = Router(tags=["Fine-tuning"])


class BandObject(Schema):
    """Nine of ten jobs should end between `low` and `high`."""

    low: float
    middle: float
    high: float


class FitChange(Schema):
    settings: dict[str, Any]
    memory_bytes: float
    disk_bytes: float


class PlanObject(Schema):
    object: Literal["wukong.plan"] = "wukong.plan"
    model: str
    training_file: str
    steps: Annotated[
        int | None, Field(description="Null while epochs decide and the file is not counted.")
    ]
    epochs: float | None
    trainable_parameters: int | None
    lora_ratio: Annotated[
        float | None, Field(description="Over the parameters of LoRA r = 8 on q_proj and v_proj.")
    ]
    seconds: BandObject | None
    processor_seconds: BandObject | None
    memory_bytes: BandObject | None
    disk_bytes: int | None
    energy_joules: BandObject | None
    circuits: int | None
    shots: int | None
    provider_seconds: Annotated[
        list[float] | None, Field(description="Shortest and longest guess, where it costs money.")
    ]
    money: float | None
    currency: str
    fits: Annotated[bool | None, Field(description="This machine's memory and disk.")]
    lacks: Annotated[str | None, Field(description="`memory` or `disk`.")]
    sentence: str
    changes: Annotated[list[FitChange], Field(description="That would make it fit.")]
    rests_on: Annotated[
        int | None, Field(description="Measured jobs that the forecast goes by; 0: none.")
    ]


@router.post("/plans", response=PlanObject, summary="Forecast a job")
def plans_create(request: HttpRequest, job: Annotated[JobBody, Body()]) -> dict[str, Any]:
    """What a job of this body would take: time, memory, disk, energy, circuits, each as far as it
    is known. Nothing is made. Settings that cannot be used are refused as they are for a job;
    one that does not fit this machine is answered, with changes that would.
    """
    key = key_of(request)
    try:
        order = counted(job_order(key, job))
        plan = run_plan(order)
        settings_check(plan, order.base)
    except RunRefused as error:
        raise job_refusal(job, error) from error
    return plan_object(order, plan)


def counted(order: RunOrder) -> RunOrder:
    """The order with the steps that its epochs come to, once its data is counted."""
    if order.epochs is None:
        return order
    data = run_plan(order).data
    if not data.dialogues:
        return order
    steps = max(1, math.ceil(order.epochs * data.dialogues / order.settings.dialogues_per_step))
    return replace(order, settings=order.settings.changed(steps=steps), epochs=None)


def plan_object(order: RunOrder, plan: RunPlan) -> dict[str, Any]:
    known = order.epochs is None  # what its steps are
    forecast = plan.forecast if known else None
    sampling, cost = (plan.sampling, plan.cost) if known else (None, None)
    lacks = forecast.lacks if forecast else ""
    changes = run_changes(order, plan) if lacks else ()
    return {
        "object": "wukong.plan",
        "model": order.base.slug,
        "training_file": order.dataset.public_id,
        "steps": plan.settings.steps if known else None,
        "epochs": plan.epochs if known else order.epochs,
        "trainable_parameters": plan.parameters,
        "lora_ratio": plan.ratio,
        "seconds": band(forecast.seconds if forecast else None),
        "processor_seconds": band(forecast.processor if forecast else None),
        "memory_bytes": band(forecast.memory if forecast else None),
        "disk_bytes": forecast.disk if forecast else None,
        "energy_joules": band(forecast.joules if forecast else None),
        "circuits": sampling.circuits if sampling else None,
        "shots": sampling.total_shots if sampling else None,
        "provider_seconds": list(cost.seconds) if cost else None,
        "money": cost.money if cost else None,
        "currency": cost.currency if cost else "",
        "fits": not lacks if forecast else None,
        "lacks": lacks or None,
        "sentence": lack_words(forecast) if forecast and lacks else "",
        "changes": [
            {
                "settings": dict(one.values),
                "memory_bytes": one.forecast.memory.middle,
                "disk_bytes": one.forecast.disk,
            }
            for one in changes
        ],
        "rests_on": forecast.basis.count if forecast else None,
    }


def band(value: Band | None) -> dict[str, float] | None:
    return (
        None
        if value is None
        else {
            "low": value.low,
            "middle": value.middle,
            "high": value.high,
        }
    )
