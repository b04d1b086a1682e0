"""The form of a new study: data, arms with their rates, seeds, what is swept, what all share.

Labels, help texts and bounds of settings are those of a run's form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.exceptions import StudioError
from finetune.runs.form.fields import (
    DatasetField,
    option_field,
    option_names,
    options_typed,
    setting_field,
)
from finetune.runs.form.form import USUAL_TARGETS, sentence
from finetune.runs.models import Run
from finetune.runs.worker.devices import devices_reported
from finetune.studies.design.arms import Arm, arms_for
from finetune.studies.design.settings import StudySettings
from finetune.studies.orders import StudyOrder
from finetune.teams.models import Team, User
from finetune.training.circuits.backends import backends_of
from finetune.training.conflicts import conflicts
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS
from quantum.exceptions import OptionError

from .lists import ListField
from .matching import ASIDE, SIZE, seeds_from, shared_for_study

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
SWEPT = ("batch_size", "steps")
SOURCE = "from"


@dataclass(frozen=True)
class ArmChoice:
    """One arm as the template shows it: its box and its rates."""

    arm: Arm
    box: BoundField
    rates: BoundField


class StudyForm(forms.Form):
    """Everything a person chooses for a study of one adapter, for one team.

    Which arms there are follows from base, adapter, options and layers, so these are read before
    the fields are made.
    """

    name = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What is asked. Empty: named after the adapter."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    adapter = forms.ChoiceField(
        choices=lambda: [(spec.name, spec.title) for spec in studied()],
        widget=forms.HiddenInput,
    )
    base = forms.ModelChoiceField(
        BaseModel.objects.none(),
        to_field_name="slug",
        empty_label=None,
        label=gettext_lazy("Base model"),
    )
    dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        empty_label=gettext_lazy("Choose a data set…"),
        label=gettext_lazy("Data"),
        help_text=gettext_lazy("The dialogues that every arm learns from, in the same order."),
    )
    validation_dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("The held-out part of the data set"),
        label=gettext_lazy("Held-out data"),
        help_text=gettext_lazy("Learning rates and checkpoints are chosen by it."),
    )
    test_dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("Held-out dialogues that no run evaluates"),
        label=gettext_lazy("Test data"),
        help_text=gettext_lazy(
            "Scored once, after the choice. Without it, half of the held-out dialogues are kept "
            "apart for that."
        ),
    )
    seeds = ListField(
        kind=int,
        low=0,
        high=2**32 - 1,
        label=gettext_lazy("Seeds"),
        help_text=gettext_lazy("The grid uses the first, the best point of each arm all of them."),
    )
    size = forms.FloatField(
        min_value=1e-6,
        max_value=100,
        initial=SIZE,
        label=gettext_lazy("Difference to see"),
        help_text=gettext_lazy(
            "In nats a token. The study says how many more seeds would be needed to see it."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    extensions = forms.IntegerField(
        min_value=0,
        max_value=8,
        initial=1,
        required=False,
        label=gettext_lazy("Longer grids"),
        help_text=gettext_lazy(
            "How often a grid is made longer where its best learning rate is at its edge."
        ),
    )
    sweep_batch_size = ListField(
        kind=int,
        low=1,
        high=1024,
        required=False,
        label=gettext_lazy("Batch sizes to try"),
        help_text=gettext_lazy("Each with every rate, for every arm. Empty: only the one below."),
    )
    sweep_steps = ListField(
        kind=int,
        low=1,
        high=10**6,
        required=False,
        label=gettext_lazy("Steps to try"),
        help_text=gettext_lazy("Each with every rate, for every arm. Empty: only those below."),
    )
    priority = forms.TypedChoiceField(
        choices=[choice for choice in Run.Priority.choices if choice[0] != Run.Priority.FIRST],
        coerce=int,
        empty_value=None,
        initial=Run.Priority.LOW,
        required=False,
        label=gettext_lazy("Priority"),
        help_text=gettext_lazy("How soon its runs start, among the runs of your team that wait."),
    )
    targets = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy(RunSettings.model_fields["targets"].title or ""),
        help_text=gettext_lazy(RunSettings.model_fields["targets"].description or ""),
    )
    use_required_attribute = False

    def __init__(
        self, *args: Any, team: Team, source: Run | None = None, adapter: str = "", **kwargs: Any
    ) -> None:
        kwargs.setdefault("label_suffix", "")
        initial = {**initial_of(source, adapter), **(kwargs.get("initial") or {})}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.team, self.source = team, source
        self.fields |= {name: setting_field(name) for name in (*MAIN, *MORE)}
        for name in (*MAIN, *MORE):
            self.fields[name].initial = initial.get(name, self.fields[name].initial)
        if (devices := devices_reported()) > 1:
            self.fields["devices"].widget.attrs["max"] = str(devices)
        else:
            del self.fields["devices"]
        self.spec = ADAPTERS[self._adapter()]
        self.backends = [name for name in backends_of(self.spec) if not BACKENDS[name].billable]
        if len(self.backends) > 1:
            self.fields["backend"] = backend_field(self.backends)
        self._offer_rows()
        self._offer_options()
        self.arms = self._arms()
        self._offer_arms()

    # -- the fields that follow from others -------------------------------------------------------

    def _adapter(self) -> str:
        given = str(self["adapter"].value() or "")
        names = [spec.name for spec in studied()]
        return given if given in names else names[0]

    def _offer_rows(self) -> None:
        ready = dataset_list_for(self.team).filter(state=Dataset.State.READY).defer("options")
        bases = bases_ready()
        fields: dict[str, Any] = self.fields
        fields["base"].queryset = bases
        if first := bases.first():
            fields["base"].initial = first.slug
        for name in ("dataset", "validation_dataset", "test_dataset"):
            fields[name].queryset = fields[name].every = ready
        if newest := ready.first():
            fields["dataset"].initial = newest.public_id
        for name in ("dataset", "validation_dataset", "test_dataset"):
            fields[name].chosen = [str(self[name].value() or "")]
        layers = {name.rpartition(".")[2] for base in bases for name in base.shapes}
        ordered = [name for name in USUAL_TARGETS if name in layers]
        fields["targets"].choices = [
            (name, name) for name in (*ordered, *sorted(layers - set(ordered) - {"lm_head"}))
        ]

    def _offer_options(self) -> None:
        options = {option.name: option for option in self.spec.fields}
        for option, name in option_names(self.spec).items():
            self.fields[name] = option_field(options[option])

    def _arms(self) -> dict[str, Arm]:
        """Those that there are for what is chosen so far; none where that cannot be used."""
        base = (
            self.fields["base"]
            .queryset.filter(  # type: ignore[attr-defined]
                slug=str(self["base"].value() or "")
            )
            .first()
        )
        if base is None:
            return {}
        typed = {name: self[name].value() for name in option_names(self.spec).values()}
        targets = [str(name) for name in self["targets"].value() or ()]
        try:
            settings, _problems = RunSettings.draft(
                {
                    "adapter": self.spec.name,
                    "adapter_options": options_typed(self.spec, typed),
                    **({"targets": targets} if targets else {}),
                }
            )
            found = arms_for(
                self.spec.name, settings.adapter_options, base.linear_shapes, settings.targets
            )
            return {arm.name: arm for arm in found}
        except (OptionError, StudioError):
            return {}

    def _offer_arms(self) -> None:
        for name, arm in self.arms.items():
            self.fields[f"arm-{name}"] = forms.BooleanField(
                required=False, label=arm.title, initial=True
            )
            self.fields[f"rates-{name}"] = ListField(
                kind=float,
                low=0.0,
                high=1.0,
                required=False,
                label=_("Learning rates of “%(arm)s”") % {"arm": arm.title},
                initial=list(arm.rates),
            )

    # -- as the template shows it -----------------------------------------------------------------

    @property
    def arm_choices(self) -> list[ArmChoice]:
        return [
            ArmChoice(arm, self[f"arm-{name}"], self[f"rates-{name}"])
            for name, arm in self.arms.items()
        ]

    @property
    def option_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in option_names(self.spec).values())

    @property
    def main_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in MAIN)

    @property
    def more_fields(self) -> Iterator[BoundField]:
        return (self[name] for name in ("backend", *MORE) if name in self.fields)

    @property
    def more_open(self) -> bool:
        return any(field.errors for field in self.more_fields)

    # -- what was chosen --------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """Read the settings that all share, and the arms with their rates."""
        typed = self.cleaned_data
        settings, problems = RunSettings.draft(self._values(typed))
        for problem in problems or conflicts(settings):
            name = problem.field
            if name == "adapter_options":
                name = option_names(self.spec).get(problem.option, "")
            self.add_error(name if name in self.fields else None, sentence(problem.text))
        arms = [name for name in self.arms if typed.get(f"arm-{name}")]
        for name in arms:
            if not typed.get(f"rates-{name}") and f"rates-{name}" not in self.errors:
                self.add_error(f"rates-{name}", _("Give one learning rate at least."))
        self.study = StudySettings(
            adapter=self.spec.name,
            adapter_options=dict(settings.adapter_options),
            settings=shared_for_study(settings),
            arms=arms,
            rates={name: typed[f"rates-{name}"] for name in arms if typed.get(f"rates-{name}")},
            sweep={name: typed[f"sweep_{name}"] for name in SWEPT if typed.get(f"sweep_{name}")},
            extensions=typed.get("extensions") or 0,
            seeds=typed.get("seeds") or seeds_from(settings.seed),
            size=typed.get("size") or SIZE,
        )
        return typed

    def _values(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of one run of the study: those of its source where the form has no field."""
        before = self.source.settings.to_dict() if self.source else {}
        values = {**before, **ASIDE, "adapter": self.spec.name}
        values |= {name: typed[name] for name in SHARED if name in typed}
        values["adapter_options"] = options_typed(self.spec, typed)
        backend = typed.get("backend") or values.get("backend") or "statevector"
        if backend != before.get("backend"):
            values |= {"backend": backend, "backend_options": {}, "calibration": ""}
        if not self.backends:
            for name in ("backend", "backend_options", "calibration"):
                values.pop(name, None)
        return values

    def order(self, user: User | None) -> StudyOrder:
        """What `study_create` takes, of a form whose data and base can be used."""
        typed = self.cleaned_data
        priority = typed.get("priority")
        return StudyOrder(
            team=self.team,
            user=user,
            name=typed.get("name", ""),
            base=typed["base"],
            dataset=typed["dataset"],
            validation_dataset=typed.get("validation_dataset"),
            test_dataset=typed.get("test_dataset"),
            source=self.source,
            settings=self.study,
            priority=int(Run.Priority.LOW if priority is None else priority),
        )

    def add_refusal(self, error: StudioError) -> None:
        """Put what a service refuses beside the field that it is about."""
        name = "arms" if error.field == "rates" else error.field
        self.add_error(name if name in self.fields else None, error.message)


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
