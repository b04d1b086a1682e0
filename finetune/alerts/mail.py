"""Sending one alert to one person, as plain text in the language in which they asked for it."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from finetune.runs.models import Run
from finetune.studies.models import Study

from .kinds import Kind
from .models import AlertChoice, Delivery
from .outcomes import Outcome
from .words import words_of

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
    except ValueError:  # of Django, which finds no mail address in it
        return Outcome("no_mail_address", final=True)
    except OSError as error:
        return Outcome("unreachable", error.strerror or str(error) or type(error).__name__)
    return Outcome()


def mail_of(delivery: Delivery, address: str) -> EmailMessage:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return EmailMessage(
        subject=" ".join(
            f"[Wukong Studio] {headline(delivery.kind, delivery.alert.subject)}".split()
        ),
        body=body_of(delivery),
        to=[address],
        headers={
            "Message-ID": f"<{delivery.public_id}@{host}>",  # of each try: one mail
            "Auto-Submitted": "auto-generated",
        },
    )


def body_of(delivery: Delivery) -> str:
    """The headline, what the log said, how far it is, and where to look."""
    alert, facts = delivery.alert, delivery.alert.facts
    parts = [f"{headline(delivery.kind, alert.subject)}.", words_of([alert])[alert.pk]]
    if alert.run is not None:
        numbers = [
            _("Step %(step)s of %(total)s.")
            % {"step": facts["step"], "total": facts["total_steps"]},
            loss_words(_("Training loss %(loss)s."), facts["train_loss"]),
            loss_words(_("Held-out loss %(loss)s."), facts["validation_loss"]),
        ]
        parts.append(" ".join(filter(None, numbers)))
    if alert.study is not None:
        words = _("%(ended)s of %(total)s runs have ended.")
        parts.append(words % facts["runs"])
    parts.append(facts["url"])
    page = settings.SITE_URL.rstrip("/") + reverse("alerts")
    parts.append(f"-- \n{_('You asked for this mail. Change that here:')} {page}")
    return "\n\n".join(filter(None, parts)) + "\n"


def loss_words(words: str, loss: float | None) -> str:
    return "" if loss is None else words % {"loss": f"{loss:.4f}"}


def headline(kind: str, subject: Run | Study | None) -> str:
    """One line: which run or study, and what about it."""
    if subject is None or kind == Kind.TEST:
        return _("This is a test")
    sentences = {
        Kind.FINISHED: _("“%(name)s” has finished"),
        Kind.FAILED: _("“%(name)s” has failed"),
        Kind.CANCELLED: _("“%(name)s” was cancelled"),
        Kind.STALLED: _("“%(name)s” has stalled"),
        Kind.DEAD_CIRCUIT: _("“%(name)s” has a dead circuit"),
        Kind.LOSS_SPIKE: _("The loss of “%(name)s” jumped"),
        Kind.STUDY_FINISHED: _("The study “%(name)s” has finished"),
        Kind.STUDY_FAILED: _("The study “%(name)s” has failed"),
        Kind.STUDY_STOPPED: _("The study “%(name)s” was stopped"),
    }
    return sentences[Kind(kind)] % {"name": subject.name}


def language_of(delivery: Delivery) -> str:
    choice = AlertChoice.objects.filter(team=delivery.alert.team_id, user=delivery.user_id).first()
    return choice.language if choice else settings.LANGUAGE_CODE
