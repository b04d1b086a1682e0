"""Forms of the team page."""

from __future__ import annotations

from typing import Any

from django import forms

from finetune.models import Membership, User


class MemberForm(forms.Form):
    username = forms.CharField(
        label="Username",
        max_length=150,
        help_text="The account must exist already; your administrator makes accounts.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    role = forms.ChoiceField(
        label="Role",
        choices=Membership.Role.choices,
        initial=Membership.Role.MEMBER,
        help_text="Owners also add and remove people. Everything else is the same.",
    )

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"].strip()
        self.user = User.objects.filter(username__iexact=name, is_active=True).first()
        if self.user is None:
            raise forms.ValidationError(
                f"There is no account named “{name}”. Check the spelling, "
                "or ask your administrator to make one."
            )
        return name

    def clean(self) -> dict[str, Any]:
        return super().clean() or {}


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=Membership.Role.choices)
