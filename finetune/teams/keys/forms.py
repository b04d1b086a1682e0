"""The form that makes an API key."""

from django import forms


class KeyForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="Where it will be used: “laptop”, “nightly job”. You see it when you revoke one.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "dir": "auto", "placeholder": "laptop"}
        ),
    )
