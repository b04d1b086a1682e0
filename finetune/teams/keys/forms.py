"""The form that makes an API key."""

from django import forms
from django.utils.translation import gettext_lazy


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy(
            "Where it will be used: “laptop”, “nightly job”. You see it when you revoke one."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "dir": "auto", "placeholder": "laptop"}
        ),
    )
