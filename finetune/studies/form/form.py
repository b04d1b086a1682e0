"""The form of a new study: data, arms with their rates, seeds, what is swept, what all share.

Labels, help texts and bounds of settings are those of a run's form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from finetune.bases.selectors import bases_ready
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.exceptions import StudioError
from finetune.runs.form.fields import (
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
from finetune.studies.design.tasks import MOST, NONE
from finetune.studies.orders import StudyOrder
from finetune.teams.models import Team, User
from finetune.training.circuits.backends import backends_of
from finetune.training.conflicts import conflicts
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS
from quantum.exceptions import OptionError

from .fields import StudyFields
from .initial import MAIN, MORE, SHARED, backend_field, initial_of, studied
from .lists import ListField
from .matching import ASIDE, SIZE, seeds_from, shared_for_study

SWEPT = ("batch_size", "steps")
SOURCE = "from"
DATASETS = ("dataset", "validation_dataset", "test_dataset", "task_dataset")


@dataclass(frozen=True)
class ArmChoice:
    """One arm as the template shows it: its box and its rates."""

    arm: Arm
    box: BoundField
    rates: BoundField


class StudyForm(StudyFields):
    """Everything a person chooses for a study of one adapter, for one team.

    Which arms there are follows from base, adapter, options and layers, so these are read before
    the fields are made.
    """

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
        return given if given in ADAPTERS else studied()[0].name

    def _offer_rows(self) -> None:
        ready = dataset_list_for(self.team).filter(state=Dataset.State.READY)
        ready = ready.newest_first().defer("options", "changes")
        bases = bases_ready()
        fields: dict[str, Any] = self.fields
        fields["base"].queryset = bases
        if first := bases.first():
            fields["base"].initial = first.slug
        for name in DATASETS:
            fields[name].queryset = fields[name].every = ready
        if newest := ready.first():
            fields["dataset"].initial = newest.public_id
        for name in DATASETS:
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
    def task_open(self) -> bool:
        chosen = str(self["task"].value() or NONE) != NONE
        return chosen or any(self[name].errors for name in ("task_most", "task_dataset"))

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
            task=typed.get("task") or NONE,
            task_most=typed.get("task_most") or MOST,
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
            task_dataset=typed.get("task_dataset"),
            source=self.source,
            settings=self.study,
            priority=int(Run.Priority.LOW if priority is None else priority),
        )

    def add_refusal(self, error: StudioError) -> None:
        """Put what a service refuses beside the field that it is about."""
        name = "arms" if error.field == "rates" else error.field
        self.add_error(name if name in self.fields else None, error.message)
