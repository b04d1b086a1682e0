"""A run that this machine has no room for is refused, with changes that would fit."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.exceptions import RunRefused
from finetune.runs.checks import base_problems
from finetune.training.forecast.fitting import Change, changes_that_fit
from finetune.training.forecast.outlook import Forecast
from finetune.training.plan import RunPlan
from finetune.training.settings import RunSettings

from .estimates import RunChoice, surroundings, with_base

GIGABYTE = 10**9
TAKEN = frozenset(
    {"batch_size", "gradient_accumulation", "sequence_length", "targets", "keep_checkpoints"}
    | {"steps", "base"}
)  # settings that a change may have


def fit_check(choice: RunChoice, plan: RunPlan) -> None:
    """Refuse a run that cannot fit into the machine's memory or onto its disk.

    Raises:
        RunRefused: with what it needs, what is there, and changes that fit.
    """
    forecast = plan.forecast
    if forecast is None or not forecast.lacks:
        return
    changes = run_changes(choice, plan)
    sentence = lack_words(forecast)
    if changes:
        offered = "; ".join(change_words(change, forecast.lacks) for change in changes)
        sentence = _("%(problem)s What would fit: %(changes)s.") % {
            "problem": sentence,
            "changes": offered,
        }
    field = "batch_size" if forecast.lacks == "memory" else "keep_checkpoints"
    raise RunRefused(sentence, code="does_not_fit", field=field)


def lack_words(forecast: Forecast) -> str:
    """What a run needs, and what is there."""
    if forecast.lacks == "memory":
        return _(
            "It needs about %(needed)s GB of memory and this machine has %(there)s GB for it."
        ) % {
            "needed": gigabytes(forecast.memory.middle),
            "there": gigabytes(forecast.memory_there or 0),
        }
    free = forecast.machine.free_disk if forecast.machine else 0
    return _("It needs about %(needed)s GB on the disk and %(there)s GB are free for it.") % {
        "needed": gigabytes(forecast.disk),
        "there": gigabytes(free),
    }


def gigabytes(number: float) -> str:
    return f"{number / GIGABYTE:.2g}" if number < 10 * GIGABYTE else f"{number / GIGABYTE:,.0f}"


def run_changes(choice: RunChoice, plan: RunPlan) -> tuple[Change, ...]:
    """Changes under which a run fits and could be started, each checked by its forecast."""
    own, around = choice.base, surroundings(choice)
    if plan.forecast is None or not plan.forecast.lacks or own is None or around is None:
        return ()
    goes_on = choice.continues is not None  # then base and layers have to stay
    others = [] if goes_on else bases_ready().order_by("-parameters")
    smaller = {base.slug: base for base in others if base.parameters < own.parameters}

    def foresee(settings: RunSettings, slug: str) -> Forecast | None:
        base = smaller.get(slug, own)
        if goes_on and settings.targets != plan.settings.targets:
            return None
        if any(base_problems(settings, base)):
            return None
        made = RunPlan.of(
            settings,
            base.linear_shapes,
            continued=goes_on,
            data=plan.data,
            around=with_base(around, base) if slug else around,
        )
        return None if made.problems else made.forecast

    return changes_that_fit(plan.settings, plan.forecast.lacks, smaller, foresee)


def change_words(change: Change, lacks: str) -> str:
    """A change in words, with what it would then take."""
    parts = [f"{label(name)} {shown(value)}" for name, value in change.values.items()]
    memory = lacks == "memory"
    needs = change.forecast.memory.middle if memory else change.forecast.disk
    return _("%(changes)s (%(size)s GB)") % {
        "changes": ", ".join(parts),
        "size": gigabytes(needs),
    }


def label(name: str) -> str:
    if name == "base":
        return _("Base model")
    return _(RunSettings.model_fields[name].title or name)


def shown(value: Any) -> str:
    if isinstance(value, str):
        return BaseModel.objects.filter(slug=value).values_list("title", flat=True).first() or value
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def change_query(change: Change) -> str:
    """A change as the value of a button."""
    return urlencode(dict(change.values), doseq=True)


def changed(typed: QueryDict) -> QueryDict:
    """What was typed into the form, with the change of the button that was pressed."""
    data = typed.copy()
    names: dict[str, list[str]] = {}
    for name, value in parse_qsl(data.pop("take", [""])[-1]):
        if name in TAKEN:
            names.setdefault(name, []).append(value)
    for name, values in names.items():
        data.setlist(name, values)
    return data
