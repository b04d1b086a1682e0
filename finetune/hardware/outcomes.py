"""What a person asked for on a page, carried out, and how it went as a message on the next one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from finetune.exceptions import StudioError


def carry_out(request: HttpRequest, action: Callable[[], str | None], done: str = "") -> None:
    """Call `action`; say `done`, or what it returns, or in its own words why it was refused."""
    try:
        words = action()
    except StudioError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, words or done)
