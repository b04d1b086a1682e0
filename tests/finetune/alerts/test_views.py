"""The alerts page: what each person may see and do, and that it says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.alerts.kinds import ALL
from finetune.alerts.mail import NOWHERE
from finetune.alerts.models import Alert, AlertChoice, Delivery, Webhook
from finetune.runs.models import Run
from finetune.runs.worker.conclusions import run_fail

pytestmark = pytest.mark.django_db
URL = "https://93.184.216.34/hook?token=hush"


def page_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def page(alice: Any, team: Any) -> Client:
    return page_of(alice)


@pytest.fixture
def failed(run_made: Run) -> Run:
    Run.objects.filter(pk=run_made.pk).update(state="running", lease_owner="w")
    return run_fail(run_made.pk, "w", {"code": "data", "message": "The data is odd."})


def make(page: Client, **fields: Any) -> Any:
    given = {"name": "job", "url": URL, "kinds": ALL, **fields}
    return page.post(reverse("webhook-create"), given)


def test_the_secret_is_shown_once(page):
    answer = make(page)
    hook = Webhook.objects.get()
    assert "whsec_" in answer.content.decode()
    assert "no-store" in answer["cache-control"]
    again = page.get(reverse("alerts")).content.decode()
    assert "whsec_" not in again
    assert "hush" not in again
    assert "https://93.184.216.34/hook?…" in again
    assert hook.name in again


def test_what_is_wrong_stands_beside_its_field(page):
    answer = make(page, url="http://127.0.0.1/", name="kept words")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "own network" in text
    assert "kept words" in text
    assert page.get(f"{reverse('webhook-create')}?page=2")["location"] == "/alerts/?page=2"
    assert "Choose at least one" in make(page, kinds=[]).content.decode()
    assert not Webhook.objects.exists()


def test_bob_sees_alices_webhook_and_cannot_handle_it(page, bob, team, alice):
    make(page)
    hook = Webhook.objects.get()
    Webhook.objects.update(created_by=alice)
    his = page_of(bob)
    assert "job" in his.get(reverse("alerts")).content.decode()
    for name in ("webhook-test", "webhook-switch", "webhook-delete"):
        assert his.post(reverse(name, args=[hook.public_id])).status_code == 403
    assert Webhook.objects.filter(on=True).exists()


def test_an_owner_handles_bobs(page, bob, team):
    make(page_of(bob))
    hook = Webhook.objects.get()
    page.post(reverse("webhook-switch", args=[hook.public_id]), {"on": "0"})
    hook.refresh_from_db()
    assert not hook.on
    answer = page.post(reverse("webhook-test", args=[hook.public_id]), follow=True)
    assert "Turn it on first" in answer.content.decode()
    page.post(reverse("webhook-switch", args=[hook.public_id]), {"on": "1"})
    page.post(reverse("webhook-test", args=[hook.public_id]))
    assert Delivery.objects.get().kind == "test"
    page.post(reverse("webhook-delete", args=[hook.public_id]))
    assert not Webhook.objects.exists()


def test_a_webhook_whose_maker_has_left_is_said_to_be_stopped(page, bob):
    make(page_of(bob))
    bob.memberships.all().delete()
    assert "not in the team any more" in page.get(reverse("alerts")).content.decode()


def test_what_was_told_and_its_tries_are_listed(page, bob, failed, team):
    make(page)
    Alert.objects.all().delete()
    Run.objects.filter(pk=failed.pk).update(state="running", lease_owner="w")
    run_fail(failed.pk, "w", {"code": "data", "message": "The data is odd."})
    entry = {
        "at": "2026-11-27T12:00:00+00:00", "seconds": 0.1, "status": 500, "problem": "status",
        "detail": "500",
    }  # fmt: skip
    Delivery.objects.update(log=[entry], tries=1, state="failed")
    text = page.get(reverse("alerts")).content.decode()
    assert "The data is odd." in text
    assert failed.name in text
    assert "The receiver answered 500" in text
    assert "1 try of 8" in text
    again = reverse("delivery-again", args=[Delivery.objects.get().public_id])
    assert again in text
    assert again not in page_of(bob).get(reverse("alerts")).content.decode()
    assert page_of(bob).post(again).status_code == 403
    page.post(again)
    assert Delivery.objects.get().state == "waiting"
    fragment = page.get(reverse("alerts"), headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip().startswith('<section id="told"')
    assert "every 3s" in fragment


def test_choices_are_kept(page, alice, team, settings):
    address = reverse("alert-choice")
    page.post(address, {"you-kinds": ["run.failed"], "you-mine_only": "on"})
    choice = AlertChoice.objects.get()
    assert (choice.kinds, choice.mine_only, choice.by_mail) == (["run.failed"], True, False)
    answer = page.post(address, {"you-kinds": ["run.failed"], "you-by_mail": "on"})
    assert answer.status_code == 422
    assert "no e-mail address" in answer.content.decode()
    settings.EMAIL_BACKEND = NOWHERE
    assert "set up no mail server" in page.get(reverse("alerts")).content.decode()


def test_news_are_what_a_person_wants_to_be_told(page, bob, charlie, failed, team):
    address = reverse("alerts-news")
    [one] = page.get(address).json()["alerts"]
    assert one["title"] == "“First run” has failed"
    assert one["words"] == "The data is odd."
    assert one["url"] == reverse("run", args=[failed.public_id])
    assert page_of(charlie).get(address).json() == {"alerts": []}
    assert len(page_of(bob).get(address).json()["alerts"]) == 1
    AlertChoice.objects.create(team=team, user=bob, mine_only=True)
    assert page_of(bob).get(address).json() == {"alerts": []}
    AlertChoice.objects.create(team=team, user=failed.created_by, kinds=["run.finished"])
    assert page.get(address).json() == {"alerts": []}


def test_old_news_are_no_news(page, failed):
    from datetime import timedelta

    from django.utils import timezone

    Alert.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert page.get(reverse("alerts-news")).json() == {"alerts": []}


def test_every_page_has_the_script_with_its_person(page, alice):
    text = page.get(reverse("runs")).content.decode()
    assert f'data-person="{alice.pk}"' in text
    assert "js/alerts.js" not in Client().get("/sign-in/").content.decode()


def test_the_api_lists_makes_and_deletes(alice, bob, team):
    from finetune.teams.keys.services import key_create

    def ask(user: Any, method: str, path: str = "", **more: Any) -> Any:
        _, secret = key_create(team=team, user=user, name="n")
        headers = {"authorization": f"Bearer {secret}"}
        return getattr(Client(), method)(f"/v1/webhooks{path}", headers=headers, **more)

    every = {"name": "all", "url": URL, "events": ALL}
    made = ask(alice, "post", data=every, content_type="application/json").json()
    assert made["events"] == ALL
    assert ask(alice, "delete", f"/{made['id']}").json()["deleted"]
    body = {"name": "job", "url": URL, "events": ["run.failed"]}
    made = ask(alice, "post", data=body, content_type="application/json")
    assert made.status_code == 200, made.content
    assert made.json()["secret"].startswith("whsec_")
    assert made.json()["events"] == ["run.failed"]
    assert made.json()["url"] == "https://93.184.216.34/hook?…"
    [one] = ask(bob, "get").json()["data"]
    assert "secret" not in one
    assert ask(bob, "delete", f"/{one['id']}").status_code == 403
    assert ask(alice, "delete", f"/{one['id']}").json()["deleted"]
    assert ask(alice, "get").json()["data"] == []
    bad = ask(alice, "post", data={**body, "url": "http://[::1]/"}, content_type="application/json")
    assert (bad.status_code, bad.json()["error"]["param"]) == (400, "url")
    bad = ask(alice, "post", data={**body, "events": []}, content_type="application/json")
    assert (bad.status_code, bad.json()["error"]["param"]) == (400, "events")
