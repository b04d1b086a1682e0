"""Forms of the quantum pages: a cloud's key, and the decision about a job."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

OWN_SPELLING = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class QuantumKeyForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("To tell it apart: “group account”, “my trial key”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=600,
        help_text=gettext_lazy(
            "From your account page at Origin. It is encrypted, and no page shows it again."
        ),
        # A password field that never sends its value back, and that browsers do not offer to keep.
        widget=forms.PasswordInput(attrs={**OWN_SPELLING, "autocomplete": "new-password"}),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Empty: the one that Origin's software uses by itself."),
        widget=forms.URLInput(attrs={**OWN_SPELLING, "placeholder": "https://…"}),
    )


class DecisionForm(forms.Form):
    """What became of a job whose sending was cut off."""

    SENT, NOT_SENT = "sent", "not_sent"

    decision = forms.ChoiceField(
        label=gettext_lazy("What became of it?"),
        choices=[
            (SENT, gettext_lazy("It was sent: I found it in the cloud's list of tasks")),
            (NOT_SENT, gettext_lazy("It was not sent: mark it as failed")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say which of the two it is.")},
    )
    task_id = forms.CharField(
        label=gettext_lazy("Task id"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("As the cloud's page shows it. Only if it was sent."),
        widget=forms.TextInput(attrs=OWN_SPELLING),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        task_id = values.get("task_id", "")
        if values.get("decision") == self.SENT and not task_id:
            self.add_error("task_id", _("Give the task id: the result is asked for by it."))
        elif task_id and not task_id.replace("-", "").replace("_", "").isalnum():
            self.add_error("task_id", _("A task id has letters, digits, - and _ only."))
        return values
