"""The form of a new run. Labels are here; help texts, bounds and defaults come from `RunConfig` and
from the adapters' own option fields, so that form, docs and errors say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.boundfield import BoundField

from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.runs.models import Run
from finetune.teams.models import Team
from finetune.training.args import RunConfig, defaults
from finetune.training.circuits.backends import backends_of
from finetune.training.exceptions import BadConfig
from quantum.adapters.registry import ADAPTERS, AdapterSpec, OptionError
from quantum.backends.registry import BACKENDS

from .backends import (
    BackendChoice,
    backend_errors,
    backend_field,
    backend_fields,
    backend_options,
    chosen_backend,
    field_name,
)
from .fields import CHOICES, DatasetField, config_field, option_field

UP_FRONT = 3  # options of an adapter that are shown before “More options”
USUAL_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class AdapterChoice:
    """One adapter as the template shows it: its card and its own fields."""

    def __init__(self, form: RunForm, spec: AdapterSpec) -> None:
        self.spec = spec
        self.checked = str(form["adapter"].value()) == spec.name
        self.targets = " ".join(spec.default_targets)
        self.backends = " ".join(backends_of(spec))
        fields = [form[key] for key in form.option_names(spec)]
        self.shown = fields[:UP_FRONT]
        self.more = fields[UP_FRONT:]

    @property
    def more_open(self) -> bool:
        return any(field.errors for field in self.more)


class RunForm(forms.Form):
    """Everything a person chooses for a run, for one team."""

    name = forms.CharField(
        max_length=64,
        required=False,
        label="Name",
        help_text="What you will look for later. Empty: named after the adapter.",
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    preset = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    base = forms.ModelChoiceField(
        BaseModel.objects.none(), to_field_name="slug", empty_label=None, label="Base model",
        help_text="Its weights stay as they are; the adapter learns beside them.",
    )  # fmt: skip
    dataset = DatasetField(
        Dataset.objects.none(), to_field_name="public_id", empty_label="Choose a data set…",
        label="Data", help_text="The dialogues to learn from.",
    )  # fmt: skip
    validation_dataset = DatasetField(
        Dataset.objects.none(), to_field_name="public_id", required=False,
        empty_label="The held-out part of the data set", label="Held-out data",
        help_text="What the result is measured on. It is never trained on.",
    )  # fmt: skip
    adapter = forms.ChoiceField(
        choices=lambda: [(spec.name, spec.title) for spec in ADAPTERS.values()], initial="qtha"
    )
    backend = backend_field()
    continues = forms.ModelChoiceField(
        Run.objects.none(), to_field_name="public_id", required=False, widget=forms.HiddenInput
    )
    targets = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label="On these layers",
        help_text=RunConfig.__dataclass_fields__["targets"].metadata["help"],
        initial=defaults()["targets"],
    )
    learning_rate = config_field("learning_rate")
    steps = config_field("steps")
    batch_size = config_field("batch_size")
    sequence_length = config_field("sequence_length")
    gradient_accumulation = config_field("gradient_accumulation")
    warmup_ratio = config_field("warmup_ratio")
    scheduler = config_field("scheduler")
    weight_decay = config_field("weight_decay")
    seed = config_field("seed")
    eval_every = config_field("eval_every")
    eval_dialogues = config_field("eval_dialogues")
    save_every = config_field("save_every")
    system_prompt = config_field("system_prompt")

    use_required_attribute = False  # the hidden options of other adapters must not hold it back
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
        "system_prompt",
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        ready = dataset_list_for(team).filter(state=Dataset.State.READY).defer("options")
        bases = bases_ready()
        self.fields["base"].queryset = bases  # type: ignore[attr-defined]
        self.fields["dataset"].queryset = ready  # type: ignore[attr-defined]
        self.fields["validation_dataset"].queryset = ready  # type: ignore[attr-defined]
        self.fields["continues"].queryset = Run.objects.for_team(team)  # type: ignore[attr-defined]
        self.fields |= backend_fields(team)
        if first := bases.first():
            self.fields["base"].initial = first.slug
        self.more_datasets = ready[CHOICES : CHOICES + 1].exists()
        if newest := ready.first():
            self.fields["dataset"].initial = newest.public_id
        for name in ("dataset", "validation_dataset"):
            field: Any = self.fields[name]
            field.every, field.chosen = ready, [str(self[name].value() or "")]
        layers = {name.rpartition(".")[2] for base in bases for name in base.shapes}
        ordered = [name for name in USUAL_TARGETS if name in layers]
        ordered += sorted(layers - set(ordered) - {"lm_head"})
        self.fields["targets"].choices = [(name, name) for name in ordered]  # type: ignore[attr-defined]
        for spec in ADAPTERS.values():
            for option in spec.fields:
                if option.name != "backend":  # chosen once, for all adapters
                    self.fields[f"{spec.name}-{option.name}"] = option_field(option)
        self.mark_fields()

    def search(self, query: str) -> None:
        """Offer the data sets whose names hold every word."""
        for name in ("dataset", "validation_dataset"):
            field: Any = self.fields[name]
            for word in query.split()[:6]:
                field.queryset = field.queryset.filter(Q(name__icontains=word) | Q(public_id=word))

    def mark_fields(self) -> None:
        """Tie each control to its error (Django ties the help text by itself)."""
        if not self.is_bound:
            return
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"

    @staticmethod
    def option_names(spec: AdapterSpec) -> list[str]:
        return [f"{spec.name}-{option.name}" for option in spec.fields if option.name != "backend"]

    @property
    def adapters(self) -> list[AdapterChoice]:
        return [AdapterChoice(self, spec) for spec in ADAPTERS.values()]

    @property
    def backends(self) -> list[BackendChoice]:
        return [BackendChoice(self, spec) for spec in BACKENDS.values()]

    @property
    def main_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in self.MAIN)

    @property
    def more_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in self.MORE)

    @property
    def more_open(self) -> bool:
        return any(self[name].errors for name in self.MORE)

    def clean(self) -> dict[str, Any]:
        """Ask `RunConfig` and the chosen adapter here, so that all problems show at once."""
        names = [name for name in (*self.MAIN, *self.MORE) if name in self.cleaned_data]
        values = {name: self.cleaned_data[name] for name in names}
        try:
            RunConfig.from_dict({**values, "base_model": "base", "train_file": "train.jsonl"})
        except BadConfig as error:
            for name, problem in error.problems.items():
                self.add_error(name, sentence(problem, name))
        spec = self.spec()
        if spec is None:
            return self.cleaned_data
        for option in spec.fields:
            value = self.cleaned_data.get(f"{spec.name}-{option.name}", "")
            if value not in ("", None):
                try:
                    option.clean(value)
                except OptionError as error:
                    self.add_error(f"{spec.name}-{option.name}", sentence(str(error), option.name))
        for name, problem in backend_errors(self, spec).items():
            self.add_error(name, sentence(problem, name))
        return self.cleaned_data

    # -- what was chosen ---------------------------------------------------------------------------

    def spec(self) -> AdapterSpec | None:
        return ADAPTERS.get(self.cleaned_data.get("adapter", ""))

    def adapter_options(self) -> dict[str, Any]:
        """The chosen adapter's options as typed; empty ones are left to their defaults."""
        spec = self.spec()
        if spec is None:
            return {}
        found = {}
        for option in spec.fields:
            if option.name == "backend":
                continue
            key = f"{spec.name}-{option.name}"
            value = self.cleaned_data.get(key, self.data.get(key, ""))
            if value not in ("", None):
                found[option.name] = value
        return found

    def config(self) -> dict[str, Any]:
        """What `run_create` takes."""
        names = (*self.MAIN, *self.MORE, "adapter", "targets", "preset")
        chosen = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        backend = chosen_backend(self.spec(), self.cleaned_data)
        return {
            **chosen,
            "adapter_options": self.adapter_options(),
            "backend": backend.name,
            "backend_options": backend_options(self, backend),
        }

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Put the service's refusals beside the fields they are about."""
        adapter = self.cleaned_data.get("adapter", "")
        for name, problem in problems.items():
            own = f"{adapter}-{name.removeprefix('adapter_options.')}"
            place = field_name(str(self.data.get("backend", "")), name)
            known = (one for one in (own, place, name) if one in self.fields)
            field = next(known, None)
            self.add_error(field, sentence(problem, name))
        self.mark_fields()


def sentence(problem: str, name: str) -> str:
    """A refusal as it stands beside its field: without its name, with a capital and a stop."""
    words = problem.removeprefix(f"{name}: ")
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else f"{words}."


def initial_from_run(run: Run) -> dict[str, Any]:
    """The form filled in as a run was."""
    config = dict(run.config)
    options = config.pop("adapter_options", {})
    values = {name: config[name] for name in RunForm.base_fields if name in config}
    values |= {f"{config.get('adapter')}-{name}": value for name, value in options.items()}
    place = config.get("backend", "")
    for name, value in config.get("backend_options", {}).items():
        values[field_name(place, name)] = value
    if run.spending:
        values["quantum_key"] = run.spending["key"]
    if run.continues:
        values["continues"] = run.continues.public_id
    values |= {"name": run.name, "base": run.base.slug, "preset": run.preset}
    if run.dataset.deleted_at is None:
        values["dataset"] = run.dataset.public_id
    if run.validation_dataset and run.validation_dataset.deleted_at is None:
        values["validation_dataset"] = run.validation_dataset.public_id
    return values


def initial_from_preset(values: Mapping[str, Any]) -> dict[str, Any]:
    """A preset's settings under the form's names."""
    options = values.get("adapter_options", {})
    adapter = values.get("adapter", "qtha")
    own = {name: value for name, value in values.items() if name in RunForm.base_fields}
    return own | {f"{adapter}-{name}": value for name, value in options.items()}
