"""Sending one alert to one person, as plain text in the language in which they asked for it."""

from __future__ import annotations

import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from finetune.runs.models import Run

from .kinds import Kind
from .models import AlertChoice, Delivery
from .outcomes import Outcome

NOWHERE = "django.core.mail.backends.dummy.EmailBackend"


def mail_goes_out() -> bool:
    """Whether this site has a mail server, or another backend of Django's settings."""
    return bool(settings.EMAIL_BACKEND != NOWHERE)


def mail_send(delivery: Delivery, address: str, language: str) -> Outcome:
    """One try."""
    if not mail_goes_out():
        return Outcome("no_mail", final=True)
    with translation.override(language):
        message = mail_of(delivery, address)
    try:
        message.send()
    except smtplib.SMTPException as error:
        code = getattr(error, "smtp_code", None)
        return Outcome("mail", f"{type(error).__name__} {code or ''}".strip())
    except OSError as error:
        return Outcome("unreachable", error.strerror or str(error) or type(error).__name__)
    return Outcome()


def mail_of(delivery: Delivery, address: str) -> EmailMessage:
    run = delivery.alert.run
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return EmailMessage(
        subject=" ".join(f"[Wukong Studio] {headline(delivery.kind, run)}".split()),
        body=render_to_string("finetune/alerts/mail.txt", mail_context(delivery)),
        to=[address],
        headers={
            "Message-ID": f"<{delivery.public_id}@{host}>",  # of each try: one mail
            "Auto-Submitted": "auto-generated",
        },
    )


def mail_context(delivery: Delivery) -> dict[str, Any]:
    alert, site = delivery.alert, settings.SITE_URL.rstrip("/")
    return {
        "headline": headline(delivery.kind, alert.run),
        "alert": alert,
        "facts": alert.facts,
        "alerts_url": site + reverse("alerts"),
    }


def headline(kind: str, run: Run | None) -> str:
    """One line: which run, and what about it."""
    if run is None or kind == Kind.TEST:
        return _("This is a test")
    sentences = {
        Kind.FINISHED: _("“%(name)s” has finished"),
        Kind.FAILED: _("“%(name)s” has failed"),
        Kind.CANCELLED: _("“%(name)s” was cancelled"),
        Kind.STALLED: _("“%(name)s” has stalled"),
        Kind.DEAD_CIRCUIT: _("“%(name)s” has a dead circuit"),
        Kind.LOSS_SPIKE: _("The loss of “%(name)s” jumped"),
    }
    return sentences[Kind(kind)] % {"name": run.name}


def language_of(delivery: Delivery) -> str:
    choice = AlertChoice.objects.filter(team=delivery.alert.team_id, user=delivery.user_id).first()
    return choice.language if choice else settings.LANGUAGE_CODE
