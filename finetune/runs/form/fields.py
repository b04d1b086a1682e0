"""Fields of the run form, made from `RunSettings` and from the options of adapters and backends.

Only the options of the adapter and the backend that are chosen count; the others are hidden.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.models import Dataset
from finetune.hardware.models import QuantumKey
from finetune.runs.models import Run
from finetune.teams.models import Team
from finetune.training.circuits.backends import backends_of
from finetune.training.preference.settings import RATE_SHARE
from finetune.training.settings import CHOICES, RunSettings
from quantum.adapters.registry import ADAPTERS, AdapterSpec, OptionField
from quantum.backends.registry import BACKENDS, BackendSpec

SHOWN = 20  # newest data sets in a select; others are found by a search
UP_FRONT = 3  # options of an adapter that are shown before “More options”
CHOSEN_ONCE = frozenset({"backend"})  # for all adapters
FROM_KEY = frozenset({"url"})  # stored with the key, chosen on the Quantum page
FROM_RUN = frozenset({"seed", "shots"})  # follow from the run's seed and the adapter's shots
NOT_SHOWN = FROM_KEY | FROM_RUN


def priority_field(initial: Run.Priority, help_text: Any) -> forms.TypedChoiceField:
    """How soon something starts; to be the very first is an operator's to give."""
    return forms.TypedChoiceField(
        choices=[choice for choice in Run.Priority.choices if choice[0] != Run.Priority.FIRST],
        coerce=int,
        empty_value=None,
        initial=initial,
        required=False,
        label=gettext_lazy("Priority"),
        help_text=help_text,
    )


class FewChoices(ModelChoiceIterator):  # type: ignore[type-arg]
    """The newest rows and those that are chosen, however many the field would take."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        field: Any = self.field
        if field.empty_label is not None:
            yield ("", field.empty_label)
        rows = list(self.queryset[:SHOWN])
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
        words = (
            _("%(dialogues)s pairs of replies to learn from")
            if obj.kind == PREFERENCE
            else _("%(dialogues)s dialogues to learn from")
        )
        size = words % {"dialogues": dialogues} if dialogues else obj.get_state_display()
        return f"{obj.name} ({', '.join(filter(None, [obj.version_words, size]))})"


def setting_field(name: str) -> forms.Field:
    """One setting as a form field. Its bounds are for the control: `RunSettings` checks them."""
    setting = RunSettings.model_fields[name]
    common: dict[str, Any] = {
        "label": _(setting.title or name),
        "help_text": _(setting.description or ""),
        "initial": setting.get_default(call_default_factory=True),
    }
    if name in CHOICES:
        choices = [(value, _(value.replace("_", " "))) for value in CHOICES[name]]
        return forms.ChoiceField(choices=choices, **common)
    if setting.annotation is str:
        area = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
        return forms.CharField(required=False, max_length=4000, widget=area, **common)
    if setting.annotation is float:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        return forms.FloatField(widget=forms.TextInput(attrs=attrs), **common)
    bounds = {bound: getattr(rule, bound) for rule in setting.metadata
              for bound in ("ge", "le") if hasattr(rule, bound)}  # fmt: skip
    attrs = {"inputmode": "numeric", "autocomplete": "off"}
    attrs |= {"min": str(bounds["ge"]), "max": str(bounds["le"])}
    return forms.IntegerField(widget=forms.NumberInput(attrs=attrs), **common)


def option_field(option: OptionField) -> forms.Field:
    """One option of an adapter. The registry checks it; an empty one means its default."""
    common: dict[str, Any] = {
        "label": _(option.label),
        "help_text": _(option.help),
        "initial": option.default,
    }
    if option.kind == "choice":
        words = [(value, f"{value}: {_(meaning)}" if meaning else value)
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


class QuantumKeyField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Shows a key by its label and its last four letters."""

    def label_from_instance(self, obj: QuantumKey) -> str:
        return str(obj)


class AdapterChoice:
    """One adapter as the template shows it: its card and its own fields."""

    def __init__(self, form: forms.Form, spec: AdapterSpec) -> None:
        self.spec = spec
        self.checked = str(form["adapter"].value()) == spec.name
        share = RATE_SHARE if getattr(form, "pairs", False) else 1.0
        self.rate = float(f"{share * spec.default_learning_rate:.3g}")
        self.targets = " ".join(spec.default_targets)
        self.backends = " ".join(backends_of(spec))
        fields = [form[name] for name in option_names(spec).values()]
        self.shown = fields[:UP_FRONT]
        self.more = fields[UP_FRONT:]

    @property
    def more_open(self) -> bool:
        return any(field.errors for field in self.more)


class BackendChoice:
    """One backend as the template shows it: its radio and its own fields."""

    def __init__(self, form: forms.Form, spec: BackendSpec) -> None:
        self.spec = spec
        self.checked = str(form["backend"].value()) == spec.name
        self.missing = spec.missing()
        self.fields: list[BoundField] = [form[name] for name in option_names(spec).values()]
        self.key: BoundField | None = form["quantum_key"] if spec.billable else None


def option_names(spec: AdapterSpec | BackendSpec) -> dict[str, str]:
    """The options that the form shows, each with the name of its field."""
    if isinstance(spec, AdapterSpec):
        prefix, left_out = spec.name, CHOSEN_ONCE
    else:
        prefix, left_out = f"backend-{spec.name}", NOT_SHOWN
    names = (option.name for option in spec.fields if option.name not in left_out)
    return {name: f"{prefix}-{name}" for name in names}


def options_typed(spec: AdapterSpec | BackendSpec, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The options as typed; empty ones are left to their defaults."""
    names = option_names(spec)
    return {
        option: typed[name] for option, name in names.items() if typed.get(name) not in ("", None)
    }


def option_fields(team: Team) -> dict[str, forms.Field]:
    """The fields of all options, and the key that pays, for one team."""
    keys = QuantumKey.objects.for_team(team)
    fields: dict[str, forms.Field] = {
        "quantum_key": QuantumKeyField(
            keys,
            to_field_name="public_id",
            required=False,
            empty_label=_("Choose a key…"),
            label=_("Key"),
            help_text=_("Whose account pays. Keys are added on the Quantum page."),
        )
    }
    specs: list[AdapterSpec | BackendSpec] = [*BACKENDS.values(), *ADAPTERS.values()]
    for spec in specs:
        options = {option.name: option for option in spec.fields}
        for option, name in option_names(spec).items():
            fields[name] = option_field(options[option])
            if isinstance(spec, BackendSpec) and spec.billable and option == "chip":
                chip: Any = fields[name].widget
                chip.choices = chips(keys, chip.choices)
    return fields


def chips(keys: Iterable[QuantumKey], known: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The chips known in advance and those that were read with the team's keys."""
    words = dict(known)
    for key in keys:
        for chip in key.chips:
            title = words.get(chip["name"], chip["name"]).partition(" · ")[0]
            words[chip["name"]] = f"{title} · {'online' if chip.get('online') else 'offline'}"
    return list(words.items())
