"""The forms of the alerts page; what is wrong with what was typed, the services say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from .kinds import CHOICES, USUAL
from .models import AlertChoice


class Kinds(forms.MultipleChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=CHOICES,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": gettext_lazy("Choose at least one thing to be told.")},
            **options,
        )


class WebhookForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("What is behind it: “chat of the team”, “nightly job”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Gets a signed POST for each thing that is told."),
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "placeholder": "https://example.org/hook"}
        ),
    )
    kinds = Kinds(label=gettext_lazy("What it is told"), initial=USUAL)


class ChoiceForm(forms.Form):
    kinds = Kinds(label=gettext_lazy("What you are told"))
    mine_only = forms.BooleanField(required=False)
    by_mail = forms.BooleanField(required=False)

    @classmethod
    def of(cls, choice: AlertChoice) -> ChoiceForm:
        names = ("kinds", "mine_only", "by_mail")
        return cls(initial={name: getattr(choice, name) for name in names}, prefix="you")
