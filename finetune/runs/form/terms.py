"""What a person agrees to before a run may spend something: the numbers shown, and a tick."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from finetune.hardware.models import QuantumKey
from finetune.runs.checks import Agreement


class TermsForm(forms.Form):
    """Sent by the page that repeats the estimate. The numbers are the ones that it showed."""

    terms = forms.CharField(widget=forms.HiddenInput, initial="shown")
    circuits = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    shots = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    seconds = forms.FloatField(min_value=0.001, widget=forms.HiddenInput)
    agree = forms.BooleanField(
        error_messages={
            "required": gettext_lazy("Tick this to send it, or go back and change the run.")
        }
    )

    def agreement(self, key: QuantumKey) -> Agreement:
        caps = {name: self.cleaned_data[name] for name in ("circuits", "shots", "seconds")}
        return Agreement(key=key.public_id, **caps)
