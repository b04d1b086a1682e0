"""The part of the run form about where circuits run: one radio a backend, its options, its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField

from finetune.hardware.models import QuantumKey
from finetune.teams.models import Team
from finetune.training.args import RunConfig, defaults
from finetune.training.circuits.backends import backend_problem, backends_of
from quantum.adapters.registry import AdapterSpec, OptionError
from quantum.backends.registry import BACKENDS, BackendSpec

from .fields import option_field

if TYPE_CHECKING:
    from .form import RunForm

HELP = RunConfig.__dataclass_fields__["backend"].metadata["help"]
FROM_KEY = frozenset({"url"})  # stored with the key, chosen on the Quantum page
FROM_RUN = frozenset({"seed", "shots"})  # follow from the run's seed and the adapter's shots
NOT_SHOWN = FROM_KEY | FROM_RUN


class QuantumKeyField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Shows a key by its label and its last four letters."""

    def label_from_instance(self, obj: QuantumKey) -> str:
        return str(obj)


class BackendChoice:
    """One backend as the template shows it: its radio and its own fields."""

    def __init__(self, form: RunForm, spec: BackendSpec) -> None:
        self.spec = spec
        self.checked = str(form["backend"].value()) == spec.name
        self.missing = spec.missing()
        self.fields: list[BoundField] = [form[key] for key in option_names(spec)]
        self.key: BoundField | None = form["quantum_key"] if spec.billable else None


def option_names(spec: BackendSpec) -> list[str]:
    return [field_name(spec.name, one.name) for one in spec.fields if one.name not in NOT_SHOWN]


def field_name(backend: str, option: str) -> str:
    return f"backend-{backend}-{option}"


def backend_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=[(name, spec.title) for name, spec in BACKENDS.items()],
        initial=defaults()["backend"],
        label="Circuit runs on",
        help_text=HELP,
        required=False,
    )


def backend_fields(team: Team) -> dict[str, forms.Field]:
    """The fields beside the backend itself, for one team."""
    fields: dict[str, forms.Field] = {
        "quantum_key": QuantumKeyField(
            QuantumKey.objects.for_team(team),
            to_field_name="public_id",
            required=False,
            empty_label="Choose a key…",
            label="Key",
            help_text="Whose account pays. Keys are added on the Quantum page.",
        )
    }
    for spec in BACKENDS.values():
        for option in spec.fields:
            if option.name not in NOT_SHOWN:
                fields[field_name(spec.name, option.name)] = option_field(option)
        if spec.billable and (chip := fields.get(field_name(spec.name, "chip"))):
            chip.widget.choices = chips(team, chip.widget.choices)
    return fields


def chips(team: Team, known: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The chips known in advance and those that were read with the team's keys."""
    words = dict(known)
    for key in QuantumKey.objects.for_team(team):
        for chip in key.chips:
            title = words.get(chip["name"], chip["name"]).partition(" · ")[0]
            words[chip["name"]] = f"{title} · {'online' if chip.get('online') else 'offline'}"
    return list(words.items())


def chosen_backend(spec: AdapterSpec | None, cleaned: Mapping[str, Any]) -> BackendSpec:
    """The backend that the run will have: an adapter without a circuit has the default one."""
    name = cleaned.get("backend") or defaults()["backend"]
    if spec is not None and not backends_of(spec):
        name = defaults()["backend"]
    return BACKENDS[name]


def backend_options(form: RunForm, backend: BackendSpec) -> dict[str, Any]:
    """The backend's options as typed; empty ones are left to their defaults."""
    found = {}
    for option in backend.fields:
        if option.name in NOT_SHOWN:
            continue
        key = field_name(backend.name, option.name)
        value = form.cleaned_data.get(key, form.data.get(key, ""))
        if value not in ("", None):
            found[option.name] = value
    return found


def backend_errors(form: RunForm, spec: AdapterSpec) -> dict[str, str]:
    """What is wrong with the backend, its options or its key, by field of the form."""
    backend = chosen_backend(spec, form.cleaned_data)
    if problem := backend_problem(spec.name, backend.name):
        return {"backend": problem}
    if missing := backend.missing():
        return {"backend": missing}
    found = {}
    for name, value in backend_options(form, backend).items():
        option = next(one for one in backend.fields if one.name == name)
        try:
            option.clean(value)
        except OptionError as error:
            found[field_name(backend.name, name)] = str(error).removeprefix(f"{name}: ")
    if backend.billable and form.cleaned_data.get("quantum_key") is None:
        found["quantum_key"] = "Choose the key that pays for it, or add one on the Quantum page"
    return found
