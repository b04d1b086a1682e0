"""The form of a new run. Labels, help texts, bounds and defaults are those of `RunSettings` and of
the options of adapters and backends, so that form, docs and errors say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.runs.checks import KIND_OF_DATA, Agreement, RunOrder
from finetune.runs.models import Run
from finetune.runs.worker.devices import devices_reported
from finetune.teams.models import Team, User
from finetune.training.circuits.backends import backends_of
from finetune.training.conflicts import conflicts
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS

from .estimates import RunChoice, run_settled
from .fields import (
    SHOWN,
    AdapterChoice,
    BackendChoice,
    DatasetField,
    option_fields,
    option_names,
    options_typed,
    priority_field,
    setting_field,
)

USUAL_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
OF_PREFERENCES = ("beta", "sft_weight")  # empty: their defaults
MAIN = ("learning_rate", "steps", "batch_size", "sequence_length")
MORE = (
    "gradient_accumulation",
    "warmup_ratio",
    "scheduler",
    "weight_decay",
    "seed",
    "eval_every",
    "eval_dialogues",
    "save_every",
    "keep_checkpoints",
    "early_stopping",
    "precision",
    *("devices", "sharding"),
    *OF_PREFERENCES,
    "system_prompt",
)
TYPED = ("adapter", "targets", *MAIN, *MORE)  # settings with a field of their own


class RunForm(forms.Form):
    """Everything a person chooses for a run, for one team; `choice` holds it once it is cleaned."""

    name = forms.CharField(
        max_length=64,
        required=False,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What you will look for later. Empty: named after the adapter."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    priority = priority_field(
        Run.Priority.NORMAL,
        gettext_lazy("How soon it starts, among the runs of your team that wait."),
    )
    preset = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    base = forms.ModelChoiceField(
        BaseModel.objects.none(),
        to_field_name="slug",
        empty_label=None,
        label=gettext_lazy("Base model"),
        help_text=gettext_lazy("Its weights stay as they are; the adapter learns beside them."),
    )
    dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        empty_label=gettext_lazy("Choose a data set…"),
        label=gettext_lazy("Data"),
        help_text=gettext_lazy("The dialogues to learn from."),
    )
    validation_dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("The held-out part of the data set"),
        label=gettext_lazy("Held-out data"),
        help_text=gettext_lazy("What the result is measured on. It is never trained on."),
    )
    adapter = forms.ChoiceField(
        choices=lambda: [(spec.name, spec.title) for spec in ADAPTERS.values()], initial="qtha"
    )
    backend = forms.ChoiceField(
        choices=[(name, spec.title) for name, spec in BACKENDS.items()],
        initial=RunSettings.model_fields["backend"].default,
        label=gettext_lazy(RunSettings.model_fields["backend"].title or ""),
        help_text=gettext_lazy(RunSettings.model_fields["backend"].description or ""),
        required=False,
    )
    continues = forms.ModelChoiceField(
        Run.objects.none(), to_field_name="public_id", required=False, widget=forms.HiddenInput
    )
    continues_step = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    targets = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy(RunSettings.model_fields["targets"].title or ""),
        help_text=gettext_lazy(RunSettings.model_fields["targets"].description or ""),
        initial=RunSettings.model_fields["targets"].default,
    )

    use_required_attribute = False  # the hidden options of other adapters must not hold it back
    choice: RunChoice

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.team = team
        self.fields |= {name: setting_field(name) for name in (*MAIN, *MORE)}
        for name in OF_PREFERENCES:
            self.fields[name].required = False
        self.fields |= option_fields(team)
        if (devices := devices_reported()) > 1:
            self.fields["devices"].widget.attrs["max"] = str(devices)
        else:
            del self.fields["devices"], self.fields["sharding"]  # nothing to choose
        self._offer_rows()

    def _offer_rows(self) -> None:
        """Offer the team's data sets and runs, the bases, and the layers that these have."""
        ready = dataset_list_for(self.team).filter(state=Dataset.State.READY)
        ready = ready.newest_first().defer("options", "changes")
        bases = bases_ready()
        fields: dict[str, Any] = self.fields
        fields["base"].queryset = bases
        fields["continues"].queryset = Run.objects.for_team(self.team)
        if first := bases.first():
            fields["base"].initial = first.slug
        self.more_datasets = ready[SHOWN : SHOWN + 1].exists()
        for name in ("dataset", "validation_dataset"):
            fields[name].queryset = fields[name].every = ready
        if newest := ready.first():
            fields["dataset"].initial = newest.public_id
        for name in ("dataset", "validation_dataset"):
            fields[name].chosen = [str(self[name].value() or "")]
        layers = {name.rpartition(".")[2] for base in bases for name in base.shapes}
        ordered = [name for name in USUAL_TARGETS if name in layers]
        ordered += sorted(layers - set(ordered) - {"lm_head"})
        fields["targets"].choices = [(name, name) for name in ordered]

    def search(self, query: str) -> None:
        """Offer the data sets whose names hold every word."""
        for name in ("dataset", "validation_dataset"):
            field: Any = self.fields[name]
            for word in query.split()[:6]:
                field.queryset = field.queryset.filter(Q(name__icontains=word) | Q(public_id=word))

    # -- as the template shows it -----------------------------------------------------------------

    @property
    def pairs(self) -> bool:
        """Whether the chosen data set holds pairs of replies."""
        chosen = self["dataset"].value()
        found = self.fields["dataset"].every.filter(public_id=chosen).first() if chosen else None  # type: ignore[attr-defined]
        return found is not None and found.kind == PREFERENCE

    @property
    def adapters(self) -> list[AdapterChoice]:
        return [AdapterChoice(self, spec) for spec in ADAPTERS.values()]

    @property
    def backends(self) -> list[BackendChoice]:
        return [BackendChoice(self, spec) for spec in BACKENDS.values()]

    @property
    def main_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in MAIN)

    @property
    def more_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in MORE if name in self.fields)

    @property
    def more_open(self) -> bool:
        return any(field.errors for field in self.more_fields)

    # -- what was chosen --------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """Parse the settings here, so that all problems show at once."""
        typed = self.cleaned_data
        settings, problems = RunSettings.draft(self._values(typed))
        choice = RunChoice(
            team=self.team,
            settings=settings,
            base=typed.get("base"),
            dataset=typed.get("dataset"),
            validation_dataset=typed.get("validation_dataset"),
            continues=typed.get("continues"),
            continues_step=typed.get("continues_step") if typed.get("continues") else None,
            problems=problems,
            unknown=frozenset(TYPED) & set(self.fields) - set(typed),
        )
        self.choice = replace(choice, settings=run_settled(choice))
        self.add_problems(problems or conflicts(self.choice.settings))
        backend = BACKENDS[settings.backend]
        if missing := backend.missing():
            self.add_problems([Problem("backend", missing)])
        elif backend.billable and typed.get("quantum_key") is None:
            words = _("Choose the key that pays for it, or add one on the Quantum page")
            self.add_problems([Problem("quantum_key", words)])
        return typed

    @staticmethod
    def _values(typed: Mapping[str, Any]) -> dict[str, Any]:
        """The settings under their own names. An adapter without a circuit has no backend, and
        the kind of a run is that of its data."""
        values = {name: typed[name] for name in TYPED if name in typed}
        values = {k: v for k, v in values.items() if k not in OF_PREFERENCES or v is not None}
        if (dataset := typed.get("dataset")) is not None:
            values["kind"] = KIND_OF_DATA[dataset.kind]
        spec = ADAPTERS.get(typed.get("adapter", ""))
        if spec is None:
            return values
        values["adapter_options"] = options_typed(spec, typed)
        if typed.get("backend") and backends_of(spec):
            values["backend"] = typed["backend"]
            values["backend_options"] = options_typed(BACKENDS[typed["backend"]], typed)
        return values

    def order(self, user: User, agreement: Agreement | None) -> RunOrder:
        """What `run_create` takes, of a form without errors."""
        typed = self.cleaned_data
        return RunOrder(
            **vars(self.choice),
            user=user,
            name=typed["name"],
            preset=typed["preset"],
            priority=typed["priority"] or Run.Priority.NORMAL,
            agreement=agreement,
        )

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Put each problem beside the field that it is about."""
        settings = self.choice.settings
        for problem in problems:
            name = problem.field
            if name == "adapter_options":
                name = option_names(ADAPTERS[settings.adapter]).get(problem.option, "")
            elif name == "backend_options":
                name = option_names(BACKENDS[settings.backend]).get(problem.option, "")
            self.add_error(name if name in self.fields else None, sentence(problem.text))


def sentence(words: str) -> str:
    """A refusal as it stands beside its field: with a capital and a stop."""
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else f"{words}."


def initial_from_run(run: Run) -> dict[str, Any]:
    """The form filled in as a run was."""
    values = initial_from_settings(run.settings)
    if run.spending:
        values["quantum_key"] = run.spending["key"]
    if run.continues:
        values |= {"continues": run.continues.public_id, "continues_step": run.continues_step}
    values |= {"name": run.name, "base": run.base.slug, "preset": run.preset}
    if run.dataset.deleted_at is None:
        values["dataset"] = run.dataset.public_id
    if run.validation_dataset and run.validation_dataset.deleted_at is None:
        values["validation_dataset"] = run.validation_dataset.public_id
    return values


def initial_from_settings(settings: RunSettings) -> dict[str, Any]:
    """Settings under the form's names."""
    initial = {name: getattr(settings, name) for name in (*TYPED, "backend")}
    for owners, setting in ((ADAPTERS, "adapter"), (BACKENDS, "backend")):
        spec = owners.get(getattr(settings, setting))
        names = option_names(spec) if spec is not None else {}
        options = getattr(settings, f"{setting}_options")
        initial |= {names[name]: value for name, value in options.items() if name in names}
    return initial
