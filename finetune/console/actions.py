"""Carrying an action out on several rows: one message for all that worked, one per refusal."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest
from django.utils.html import format_html

from finetune.exceptions import StudioError


def apply_to_each(
    console: Any,
    request: HttpRequest,
    rows: Iterable[Any],
    change: Callable[[Any], object],
    *,
    done: str,
) -> None:
    """Call `change` for every row; `done` says what happened to those that allowed it."""
    changed = 0
    for row in rows:
        try:
            change(row)
        except StudioError as error:
            console.message_user(request, error.message, messages.WARNING)
        else:
            console.log_change(request, row, done)
            changed += 1
    if changed:
        console.message_user(request, f"{done}: {changed}.", messages.SUCCESS)


def page_link(address: str) -> str:
    """A link from the console to a page of the site."""
    return format_html('<a href="{}">Open</a>', address)


def permitted(request: HttpRequest, opts: Any, what: str) -> bool:
    return request.user.has_perm(f"{opts.app_label}.{get_permission_codename(what, opts)}")


class ReadOnly:
    """Rows that the console shows and never writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may use the actions: who may change such rows, and no auditor."""
        return permitted(request, self.opts, "change")  # type: ignore[attr-defined]
