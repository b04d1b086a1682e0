"""The address of a data set."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from .addresses import LENGTH


class FetchForm(forms.Form):
    prefix = "fetch"

    address = forms.CharField(
        label=gettext_lazy("Address of the file"),
        max_length=LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "dir": "ltr"}),
        help_text=gettext_lazy(
            "https://…, or a file of a data set at the hub: hf://datasets/OWNER/NAME/path, or the "
            "address of its page."
        ),
        error_messages={"required": gettext_lazy("Write the address of a file.")},
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    licence = forms.CharField(label=gettext_lazy("Licence"), max_length=80, required=False)
