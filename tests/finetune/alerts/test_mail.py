"""Mail to people who asked for it: plain text, in their language, once; off where none goes out."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from finetune.alerts.delivering import alert_deliver
from finetune.alerts.kinds import USUAL
from finetune.alerts.mail import NOWHERE
from finetune.alerts.models import AlertChoice, Delivery
from finetune.alerts.services import choice_set, mail_test
from finetune.exceptions import StudioError
from finetune.runs.models import Run
from finetune.runs.worker.conclusions import run_fail

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(alice: Any, team: Any) -> AlertChoice:
    alice.email = "alice@example.org"
    alice.save()
    return choice_set(team=team, user=alice, kinds=USUAL, mine_only=False, by_mail=True)


@pytest.fixture
def waiting(asked: AlertChoice, run_made: Run) -> Delivery:
    name = "<Night> & day"
    Run.objects.filter(pk=run_made.pk).update(state="running", lease_owner="w", name=name)
    run_fail(run_made.pk, "w", {"code": "data", "message": "The data is <odd>."})
    return Delivery.objects.get()


def test_one_plain_mail(waiting, run_made):
    alert_deliver(waiting.pk)
    alert_deliver(waiting.pk)
    [sent] = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert sent.subject == "[Wukong Studio] “<Night> & day” has failed"
    assert "The data is <odd>." in sent.body
    assert reverse("run", args=[run_made.public_id]) in sent.body
    assert reverse("alerts") in sent.body
    assert sent.content_subtype == "plain"
    assert waiting.public_id in sent.extra_headers["Message-ID"]
    waiting.refresh_from_db()
    assert waiting.state == "done"


def test_it_is_in_the_language_of_the_page_on_which_it_was_asked_for(waiting, asked):
    AlertChoice.objects.update(language="zh-hans")
    alert_deliver(waiting.pk)
    [sent] = mail.outbox
    assert "“<Night> & day”" in sent.subject
    assert "has failed" not in sent.subject


def test_who_has_left_gets_none(waiting, alice):
    alice.memberships.all().delete()
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert mail.outbox == []
    assert (waiting.state, waiting.log[0]["problem"]) == ("failed", "left")


def test_a_server_that_refuses_is_asked_again(waiting, monkeypatch):
    def refused(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPDataError(451, b"greylisted: alice@example.org")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refused)
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.log[0]["detail"]) == ("waiting", "SMTPDataError 451")


def test_what_is_no_address_is_given_up_and_said(waiting, alice):
    """An operator may write anything into an account."""
    type(alice).objects.filter(pk=alice.pk).update(email="alice at example.org\nBcc: x@y.org")
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert mail.outbox == []
    assert (waiting.state, waiting.log[0]["problem"]) == ("failed", "no_mail_address")


def test_where_no_mail_goes_out_it_cannot_be_asked_for(alice, team, asked, waiting, settings):
    settings.EMAIL_BACKEND = NOWHERE
    with pytest.raises(StudioError, match="no e-mail"):
        choice_set(team=team, user=alice, kinds=USUAL, mine_only=False, by_mail=True)
    with pytest.raises(StudioError, match="no e-mail"):
        mail_test(team=team, user=alice)
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.log[0]["problem"]) == ("failed", "no_mail")


def test_an_account_without_an_address_cannot_ask(team, bob):
    with pytest.raises(StudioError, match="no e-mail address"):
        choice_set(team=team, user=bob, kinds=USUAL, mine_only=False, by_mail=True)


def test_the_test(asked, alice, team):
    alert_deliver(mail_test(team=team, user=alice).pk)
    assert mail.outbox[0].subject == "[Wukong Studio] This is a test"


def test_the_sites_own_settings_send_none():
    """As the site starts without a mail server; the tests' backend is Django's own."""
    from wukongsite.settings import studio

    assert studio.EMAIL_BACKEND == NOWHERE
