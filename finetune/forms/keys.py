"""The form that makes an API key."""

from django import forms


class KeyForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="Where it will be used, so that you know which one to revoke: “laptop”, “nightly job”.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "laptop"}),
    )
