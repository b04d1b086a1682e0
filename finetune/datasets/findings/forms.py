"""What people say of a data set: licence, source, whether others measure with it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from finetune.datasets.models import Dataset

from .licences import LICENCES


class AboutForm(forms.ModelForm):  # type: ignore[type-arg]
    licence_tag = forms.ChoiceField(
        label=gettext_lazy("Licence"),
        required=False,
        choices=[
            ("", gettext_lazy("Not chosen")),
            *((tag, one.title) for tag, one in LICENCES.items()),
        ],
    )
    licence = forms.CharField(
        label=gettext_lazy("Terms"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("What the licence's name does not say, or one that is not listed."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=2_000,
        required=False,
        help_text=gettext_lazy("Where it comes from, who collected it, how people agreed."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    for_evaluation = forms.BooleanField(
        label=gettext_lazy("People measure with this"),
        required=False,
        help_text=gettext_lazy("Other data sets of the team are then compared with it."),
    )

    class Meta:
        model = Dataset
        fields = ("licence_tag", "licence", "source", "for_evaluation")
