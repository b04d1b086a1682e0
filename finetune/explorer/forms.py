"""The form of the circuit explorer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.explorer.experiment.spec import (
    MAX_LAYERS,
    MAX_PASTED_QUBITS,
    MAX_SEED,
    MAX_SHOTS,
    MAX_TEXT,
    PUBLISHED,
    Spec,
    SpecError,
    backend_choices,
    families,
    generated,
    topologies,
)
from finetune.hardware.forms import OWN_SPELLING
from finetune.hardware.models import QuantumCalibration, QuantumKey
from finetune.hardware.selectors import calibration_list_for, cloud_key_list_for
from finetune.teams.models import Team
from quantum.backends.registry import BACKENDS
from quantum.exceptions import QuantumError


class ExperimentForm(forms.Form):
    family = forms.ChoiceField(
        label=gettext_lazy("Circuit"),
        choices=lambda: [(name, title) for name, (title, __) in families().items()],
    )
    qubits = forms.IntegerField(label=gettext_lazy("Qubits"), min_value=1, required=False)
    layers = forms.IntegerField(
        label=gettext_lazy("Layers"), min_value=1, max_value=MAX_LAYERS, required=False
    )
    topology = forms.ChoiceField(
        label=gettext_lazy("Topology"),
        choices=lambda: list(topologies().items()),
        required=False,
    )
    angle_seed = forms.IntegerField(
        label=gettext_lazy("Seed of the angles"),
        min_value=0,
        max_value=MAX_SEED,
        required=False,
        help_text=gettext_lazy("Draws all angles evenly from -π to π."),
    )
    text = forms.CharField(
        label=gettext_lazy("Text of the circuit"),
        required=False,
        strip=False,
        max_length=MAX_TEXT,
        help_text=format_lazy(
            gettext_lazy(
                "OpenQASM 2 or OriginIR, at most {number} qubits. Z is measured on every qubit."
            ),
            number=MAX_PASTED_QUBITS,
        ),
        widget=forms.Textarea(attrs={**OWN_SPELLING, "rows": 10}),
    )
    backends = forms.MultipleChoiceField(
        label=gettext_lazy("Run it on"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose one at least.")},
    )
    shots = forms.IntegerField(label=gettext_lazy("Shots"), min_value=1, max_value=MAX_SHOTS)
    seed = forms.IntegerField(
        label=gettext_lazy("Seed of the shots"),
        min_value=0,
        max_value=MAX_SEED,
        required=False,
        help_text=gettext_lazy(
            "The same seed gives the same counts, where a backend can be seeded."
        ),
    )
    noise = forms.ChoiceField(
        label=gettext_lazy("Noise of"),
        required=False,
        help_text=gettext_lazy("For the noisy simulator. A model, not hardware."),
    )
    key = forms.ModelChoiceField(
        label=gettext_lazy("Key"),
        queryset=QuantumKey.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose a key"),
        to_field_name="public_id",
        help_text=gettext_lazy("For the quantum computer."),
    )
    chip = forms.CharField(
        label=gettext_lazy("Chip"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "As the list of chips names it. Empty: the first one that is online."
        ),
        widget=forms.TextInput(attrs={**OWN_SPELLING, "list": "chips"}),
    )
    readout_mitigation = forms.BooleanField(
        label=gettext_lazy("Correct readout errors"),
        required=False,
        help_text=gettext_lazy(
            "Measures with two more circuits how often each qubit is read wrongly. Noisy "
            "backends only."
        ),
    )
    zne = forms.BooleanField(
        label=gettext_lazy("Extrapolate to zero noise"),
        required=False,
        help_text=gettext_lazy(
            "Runs each circuit again with more noise, and reckons back. Noisy backends only."
        ),
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        made = list(generated().values())
        most = max(family.qubits[1] for _, family in made)
        self.fields["qubits"].validators.append(MaxValueValidator(most))
        self.fields["qubits"].widget.attrs["max"] = most
        sizes = (
            _("%(title)s: up to %(qubits)s.") % {"title": title, "qubits": family.qubits[1]}
            for title, family in made
        )
        self.fields["qubits"].help_text = " ".join(sizes)
        choosers = " or ".join(title for title, family in made if family.topologies)
        self.fields["topology"].help_text = _("Which qubits %(choosers)s entangles.") % {
            "choosers": choosers
        }
        backends: Any = self.fields["backends"]
        backends.choices = [(name, title) for name, (title, __) in backend_choices().items()]
        noise: Any = self.fields["noise"]
        self.calibrations = list(calibration_list_for(team)[:20])
        noise.choices = [
            (PUBLISHED, _("72 qubits, published typical figures")),
            *((row.public_id, calibration_title(row)) for row in self.calibrations),
        ]
        keys: Any = self.fields["key"]
        keys.queryset = cloud_key_list_for(team)

    @property
    def chips(self) -> list[str]:
        """Names of chips that any key of the team has seen."""
        keys = self.fields["key"].queryset  # type: ignore[attr-defined]
        return sorted({str(chip["name"]) for key in keys for chip in key.chips})

    @property
    def backend_rows(self) -> list[dict[str, Any]]:
        """What the template shows of each backend: its box and what is missing for it."""
        rows = []
        bound = self["backends"]
        for box in bound.subwidgets:
            name = str(box.data["value"])
            spec = BACKENDS.get(name) or BACKENDS["aer"]
            rows.append(
                {
                    "name": name,
                    "box": box,
                    "title": backend_choices()[name][0],
                    "help": backend_choices()[name][1],
                    "missing": spec.missing(),
                    "billable": spec.billable,
                }
            )
        return rows

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        spec = self.spec()
        try:
            spec.check()
            if spec.family != "openqasm":  # reading that needs Qiskit, so a worker does it
                spec.circuit()
        except SpecError as error:
            self.add_error(error.field, error.message)
        except QuantumError as error:
            self.add_error("text" if spec.pasted else "qubits", str(error))
        for name in spec.backends if "backends" not in self.errors else ():
            self.check_backend(name)
        if spec.hardware and not values.get("key"):
            self.add_error("key", _("Choose a key; without one nothing can be sent."))
        return values

    def check_backend(self, name: str) -> None:
        missing = (BACKENDS.get(name) or BACKENDS["aer"]).missing()
        if missing:
            self.add_error(
                "backends",
                _("%(name)s cannot run here: %(missing)s")
                % {"name": backend_choices()[name][0], "missing": missing},
            )

    def spec(self) -> Spec:
        """The experiment as it was filled in; empty fields mean the defaults."""
        given = {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "key" and value not in (None, "")
        }
        return Spec.from_dict({**given, "backends": tuple(given.get("backends", ()))})


def calibration_title(row: QuantumCalibration) -> str:
    return f"{row.chip}, fetched {row.fetched_at:%Y-%m-%d %H:%M}, {row.fingerprint}"


def first_values(chosen: Iterable[str] = ()) -> dict[str, Any]:
    """A new experiment's values: small, exact beside sampled."""
    ready = [name for name in ("aer", "aer-noise") if name in backend_choices()]
    picked = list(chosen) or (ready or ["statevector"])
    return {**Spec().to_dict(), "backends": picked}
