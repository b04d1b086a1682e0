"""No message without consent: the text of the page, asked for in the terminal."""

from __future__ import annotations

import sys

from django.conf import settings
from django.urls import reverse

from chat.consent.services import circumstances_for, consent_give, consent_given
from chat.consent.texts import consent_text
from finetune.exceptions import StudioError
from finetune.teams.models import User

from .printing import Printer


def consent_asked(user: User, printer: Printer) -> None:
    """Show what talking here means to who has not agreed to it yet, and ask.

    Raises:
        StudioError: the person does not agree, or nobody can be asked.
    """
    if consent_given(user):
        return
    text = consent_text("en", circumstances_for(user))
    if not sys.stdin.isatty():
        words = (
            f"{user.username} has not agreed yet to what talking here means. Run this in a "
            f"terminal once, or open {settings.SITE_URL}{reverse('chat')}."
        )
        raise StudioError(words, code="consent_needed")
    printer.line(f"{text.title}. {text.lede}")
    for heading, paragraph in text.sections:
        printer.line(f"\n{heading}\n{paragraph}")
    printer.line()
    for statement in (text.adult, text.agree):
        if not agreed(statement):
            words = f"Nothing was sent. {text.help_link}: {settings.SITE_URL}{reverse('chat-help')}"
            raise StudioError(words, code="consent_needed")
    consent_give(user=user, language="en")


def agreed(statement: str) -> bool:
    try:
        return input(f"{statement} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
