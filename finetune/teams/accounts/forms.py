"""Forms of the sign-in and password pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.teams.doors import too_many_tries
from finetune.teams.models import User


class SignInForm(forms.Form):
    """Name and password; refuses after repeated failures (`finetune.teams.doors`)."""

    username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
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
        user = authenticate(self.request, username=values["username"], password=values["password"])
        if reason := too_many_tries(self.request):
            self.refused = True
            raise forms.ValidationError(reason)
        if user is None:
            raise forms.ValidationError(
                _(
                    "That username and password do not go together. "
                    "Passwords tell capital and small letters apart."
                )
            )
        self.user = user
        return values


class ConsoleSignInForm(AdminAuthenticationForm):
    """The console's own sign-in: it says so where the password was not even looked at."""

    def get_invalid_login_error(self) -> forms.ValidationError:
        if self.request is not None and (reason := too_many_tries(self.request)):
            return forms.ValidationError(reason, code="too_many_tries")
        return super().get_invalid_login_error()


class OwnPasswordForm(PasswordChangeForm):
    """A new password; the old one is a password like at the sign-in, and limited like there."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.user, *args, **kwargs)  # type: ignore[arg-type]
        self.request = request

    def clean_old_password(self) -> str:
        old = str(self.cleaned_data["old_password"])
        user = authenticate(self.request, username=self.user.get_username(), password=old)
        if reason := too_many_tries(self.request):
            raise forms.ValidationError(reason, code="too_many_tries")
        if user is None:
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return old
