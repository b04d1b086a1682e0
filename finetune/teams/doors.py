"""The one door for passwords: every sign-in form, the console's too, asks this backend.

It counts a try before it looks at the password, by name and by address (`services.sign_in`). A form
that is written later and calls `authenticate` stands behind the same limit without knowing it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from finetune.teams.accounts.sign_in import attempt_count, attempt_succeeded

from .models import User

TOO_MANY_TRIES = gettext_lazy(
    "Too many tries for this name. Wait %(minutes)d minutes, "
    "or ask your administrator for a sign-in link."
)


class LimitedBackend(ModelBackend):
    """Names and passwords, with a bound on how often they may be tried."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The person, or `PermissionDenied`, so that no other backend is asked after this one.

        A refusal leaves `request.too_many_tries` with the words for the form.
        """
        name = username if username is not None else credentials.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
        attempt = attempt_count(username=name, address=address)
        if not attempt.allowed:
            if request is not None:
                request.too_many_tries = TOO_MANY_TRIES % {"minutes": attempt.minutes}  # type: ignore[attr-defined]
            raise PermissionDenied
        user = super().authenticate(request, username=name, password=password)
        if user is None:
            raise PermissionDenied
        attempt_succeeded(attempt)
        return user


def too_many_tries(request: HttpRequest) -> str:
    """Why a password was not even looked at; empty if it was."""
    return str(getattr(request, "too_many_tries", ""))
