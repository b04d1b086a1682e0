"""Fields of the run form, made from the metadata of `RunConfig` and of the adapters' options."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator

from finetune.datasets.models import Dataset
from finetune.training.args import RunConfig, defaults
from quantum.adapters.registry import OptionField

CHOICES = 20  # newest data sets in a select; others are found by a search
LABELS = {
    "learning_rate": "Learning rate",
    "steps": "Steps",
    "batch_size": "Batch size",
    "gradient_accumulation": "Gradient accumulation",
    "sequence_length": "Sequence length",
    "warmup_ratio": "Warm-up",
    "scheduler": "Schedule",
    "seed": "Seed",
    "weight_decay": "Weight decay",
    "eval_every": "Evaluate every",
    "eval_dialogues": "Held-out dialogues",
    "save_every": "Checkpoint every",
    "system_prompt": "System prompt",
}


class FewChoices(ModelChoiceIterator):  # type: ignore[type-arg]
    """The newest rows and those that are chosen, however many the field would take."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        field: Any = self.field
        if field.empty_label is not None:
            yield ("", field.empty_label)
        rows = list(self.queryset[:CHOICES])
        chosen = [name for name in field.chosen if name]
        if missing := set(chosen) - {row.public_id for row in rows}:
            rows += field.every.filter(public_id__in=missing)
        yield from map(self.choice, rows)


class DatasetField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Shows a data set with its size."""

    iterator = FewChoices
    chosen: Collection[str] = ()  # public ids, given by the form
    every: QuerySet[Dataset]  # given by the form: a search narrows the queryset, not this

    def label_from_instance(self, obj: Dataset) -> str:
        dialogues = obj.report.get("train", {}).get("dialogues")
        size = f"{dialogues} dialogues to learn from" if dialogues else obj.get_state_display()
        return f"{obj.name} ({size})"


def config_field(name: str) -> forms.Field:
    """One setting of `RunConfig` as a form field."""
    item = RunConfig.__dataclass_fields__[name]
    rules: Mapping[str, Any] = item.metadata
    common: dict[str, Any] = {
        "label": LABELS[name],
        "help_text": rules["help"],
        "initial": defaults()[name],
    }
    if rules["choices"]:
        choices = [(value, value.replace("_", " ")) for value in rules["choices"]]
        return forms.ChoiceField(choices=choices, **common)
    if item.type == "str":
        area = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
        return forms.CharField(required=False, max_length=4000, widget=area, **common)
    attrs = {"inputmode": "numeric" if item.type == "int" else "decimal", "autocomplete": "off"}
    if item.type == "int":  # bounds are for the arrows of the control; `RunConfig` checks them
        attrs |= {"min": str(rules["minimum"]), "max": str(rules["maximum"])}
        return forms.IntegerField(widget=forms.NumberInput(attrs=attrs), **common)
    return forms.FloatField(widget=forms.TextInput(attrs=attrs), **common)


def option_field(option: OptionField) -> forms.Field:
    """One option of an adapter. The registry checks it; an empty one means its default."""
    common: dict[str, Any] = {
        "label": option.label,
        "help_text": option.help,
        "initial": option.default,
    }
    if option.kind == "choice":
        words = [(value, f"{value}: {meaning}" if meaning else value)
                 for value, meaning in option.choices]  # fmt: skip
        return OptionText(widget=forms.Select(choices=words), **common)
    if option.kind == "bool":
        return forms.BooleanField(required=False, **common)
    attrs: dict[str, Any] = {"autocomplete": "off"}
    if option.kind == "int":
        attrs |= {"min": option.minimum, "max": option.maximum, "inputmode": "numeric"}
        widget: forms.Widget = forms.NumberInput(
            attrs={k: v for k, v in attrs.items() if v is not None}
        )
    else:
        widget = forms.TextInput(attrs={**attrs, "inputmode": "decimal"})
    return OptionText(widget=widget, **common)


class OptionText(forms.CharField):
    """An option as text: the registry checks it, and only that of the adapter that was chosen."""

    def validate(self, value: Any) -> None:
        """Nothing to do here."""
