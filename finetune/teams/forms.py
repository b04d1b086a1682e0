"""Forms of the team page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from .models import Membership


class InvitationForm(forms.Form):
    """A name and a role. Whether the name exists is nobody's business here."""

    username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=150,
        help_text=gettext_lazy(
            "The person sees the invitation after signing in, and joins by accepting it. "
            "Your administrator makes accounts."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Membership.Role.choices,
        initial=Membership.Role.MEMBER,
        help_text=gettext_lazy(
            "Owners also invite and remove people. Everything else is the same."
        ),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Membership.Role.choices)
