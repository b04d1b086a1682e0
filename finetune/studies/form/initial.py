"""What the form of a new study is filled in with, and which adapters are studied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from finetune.runs.form.fields import option_names
from finetune.runs.models import Run
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS

from .matching import seeds_from, shared_for_study

MAIN = ("steps", "batch_size", "sequence_length", "eval_every")
MORE = (
    "gradient_accumulation",
    "warmup_ratio",
    "scheduler",
    "weight_decay",
    "eval_dialogues",
    "save_every",
    "early_stopping",
    "precision",
    "devices",
    "system_prompt",
)
SHARED = ("targets", *MAIN, *MORE)


def studied() -> list[Any]:
    """Adapters that have arms to be compared with: those with a circuit, or a part to leave out."""
    return [spec for spec in ADAPTERS.values() if spec.controls is not None]


def backend_field(names: Iterable[str]) -> forms.Field:
    setting = RunSettings.model_fields["backend"]
    return forms.ChoiceField(
        choices=[(name, _(BACKENDS[name].title)) for name in names],
        initial=setting.default,
        label=_(setting.title or ""),
        help_text=_(setting.description or ""),
    )


def initial_of(source: Run | None, adapter: str) -> dict[str, Any]:
    """The form filled in as the matched study of a run, or with what is usual for an adapter."""
    if source is None:
        spec = ADAPTERS.get(adapter)
        settings = RunSettings()
        if spec is not None:
            settings = settings.changed(adapter=spec.name, targets=list(spec.default_targets))
    else:
        settings = source.settings
    shared = shared_for_study(settings)
    values = {name: shared[name] for name in (*SHARED, "backend") if name in shared}
    spec = ADAPTERS.get(settings.adapter)
    names = option_names(spec) if spec else {}
    values |= {
        names[name]: value for name, value in settings.adapter_options.items() if name in names
    }
    values |= {"adapter": settings.adapter, "seeds": seeds_from(settings.seed)}
    if source is None:
        return values
    values |= {"base": source.base.slug, "dataset": source.dataset.public_id}
    if source.validation_dataset is not None:
        values["validation_dataset"] = source.validation_dataset.public_id
    return values
