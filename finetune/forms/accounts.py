"""Forms of the sign-in and password pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest

from finetune.models import User
from finetune.services.sign_in import attempt_count, attempt_succeeded


class SignInForm(forms.Form):
    """Name and password; refuses after repeated failures, before the password is checked."""

    username = forms.CharField(
        label="Username",
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None
        self.refused = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        attempt = attempt_count(
            username=values["username"], address=self.request.META.get("REMOTE_ADDR", "")
        )
        if not attempt.allowed:
            self.refused = True
            raise forms.ValidationError(
                f"Too many tries for this name. Wait {attempt.minutes} minutes, "
                "or ask your administrator for a sign-in link."
            )
        user = authenticate(self.request, username=values["username"], password=values["password"])
        if user is None:
            raise forms.ValidationError(
                "That username and password do not go together. "
                "Passwords tell capital and small letters apart."
            )
        attempt_succeeded(attempt)
        self.user = user
        return values
