"""The console's pages: what the policy did, never what was said."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chat.policy.decision import decide_sync
from chat.policy.models import Clearance, RiskState, SafetyEntry, SafetyText
from chat.policy.person import person_of_key
from chat.policy.selectors import level_now
from finetune.teams.keys.services import key_create
from tests.chat.policy.test_clearance import files, probed  # noqa: F401

pytestmark = pytest.mark.django_db

CRISIS = "I want to kill myself. My cat is called Zebulon."
STATES = "/admin/chat/riskstate/"
LOG = "/admin/chat/safetyentry/"
TEXTS = "/admin/chat/safetytext/"
CLEARANCES = "/admin/chat/clearance/"


def staff(client: Client, user: Any, *permissions: str) -> Client:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def act(client: Client, address: str, action: str, row: Any, **fields: str) -> str:
    sent = {"action": action, "_selected_action": [row.pk], **fields}
    return client.post(address, sent, follow=True).content.decode()


def test_states_need_the_permission(client: Client, say: Any, bob: Any) -> None:
    say(CRISIS)
    staff(client, bob)
    for address in (STATES, LOG, CLEARANCES):
        assert client.get(address).status_code == 403, address
    staff(client, bob, "view_riskstate", "view_safetyentry", "view_clearance")
    for address in (STATES, LOG, CLEARANCES):
        assert client.get(address).status_code == 200, address
    assert "lower_wholly" not in client.get(STATES).content.decode()
    assert "Zebulon" not in client.get(LOG).content.decode()


def test_lists_and_pages_say_who_writes_and_nothing_of_what_was_said(
    client: Client, say: Any, bob: Any, person: Any
) -> None:
    say(CRISIS)
    staff(client, bob, "view_riskstate", "view_safetyentry")
    state, entry = RiskState.objects.get(), SafetyEntry.objects.order_by("id")[0]
    for address in (STATES, f"{STATES}{state.pk}/change/", LOG, f"{LOG}{entry.pk}/change/"):
        page = client.get(address).content.decode()
        assert "reviewed replies" in page, address
        assert "Zebulon" not in page
        assert "Level.HIGH" not in page
    for category, rows in (("suicide", 1), ("abuse", 0)):
        asked = {"action": "raised", "category": category, "level_to__exact": 2}
        assert len(client.get(LOG, asked).context["cl"].result_list) == rows
    assert client.post(f"{LOG}{entry.pk}/delete/").status_code == 403
    assert client.post(f"{STATES}{state.pk}/delete/").status_code == 403
    assert client.get(f"{LOG}add/").status_code == 403


def test_a_state_is_lowered_with_a_reason_only(client: Client, say: Any, bob: Any) -> None:
    say(CRISIS)
    staff(client, bob, "view_riskstate", "lower_riskstate")
    state = RiskState.objects.get()
    assert "Say why" in act(client, STATES, "lower_by_one", state)
    state.refresh_from_db()
    assert level_now(state) == 2
    act(client, STATES, "lower_by_one", state, reason="Spoke to her mother.")
    state.refresh_from_db()
    assert level_now(state) == 1
    act(client, STATES, "lower_wholly", state, reason="A week later.")
    state.refresh_from_db()
    assert level_now(state) == 0
    assert "nothing to lower" in act(client, STATES, "lower_by_one", state, reason="Again.")
    reasons = SafetyEntry.objects.filter(action="lowered").order_by("id")
    assert [(row.reviewer, row.reason) for row in reasons] == [
        ("bob", "Spoke to her mother."),
        ("bob", "A week later."),
    ]


def test_without_the_right_nothing_is_lowered(client: Client, say: Any, bob: Any) -> None:
    say(CRISIS)
    staff(client, bob, "view_riskstate", "change_riskstate", "delete_riskstate")
    state = RiskState.objects.get()
    act(client, STATES, "lower_wholly", state, reason="Because.")
    act(client, STATES, "delete_selected", state, post="yes")
    state.refresh_from_db()
    assert level_now(state) == 2


def test_a_user_of_a_key_is_found_by_what_the_request_said(
    client: Client, team: Any, alice: Any, bob: Any, plain: Any
) -> None:
    key, _ = key_create(team=team, user=alice, name="app")
    decide_sync(person=person_of_key(key, "anna"), assistant=plain, text=CRISIS)
    decide_sync(person=person_of_key(key, "ben"), assistant=plain, text=CRISIS)
    staff(client, bob, "view_riskstate")
    page = client.get(STATES, {"q": "anna"}).content.decode()
    one, other = RiskState.objects.order_by("id")
    assert one.pseudonym in page
    assert other.pseudonym not in page


def test_logged_text_is_for_people_with_that_right_and_each_reading_is_logged(
    client: Client, say: Any, bob: Any, talk: Any, settings: Any
) -> None:
    settings.SAFETY_LOG_TEXT = True
    say(CRISIS, conversation=talk)
    row = SafetyText.objects.get()
    address = f"{TEXTS}{row.pk}/change/"
    staff(client, bob)
    assert client.get(TEXTS).status_code == client.get(address).status_code == 403
    bob.is_superuser = True
    staff(client, bob)
    assert client.get(TEXTS).status_code == 200
    assert client.get(address).status_code == 403
    assert not SafetyEntry.objects.filter(action="read").exists()
    staff(client, bob, "read_safetytext")
    assert "Zebulon" not in client.get(TEXTS).content.decode()
    assert "Zebulon" in client.get(address).content.decode()
    assert SafetyEntry.objects.get(action="read").reviewer == "bob"


def test_an_account_with_a_state_can_be_deleted(
    client: Client, say: Any, alice: Any, bob: Any, talk: Any, settings: Any
) -> None:
    settings.SAFETY_LOG_TEXT = True
    say(CRISIS, conversation=talk)
    bob.is_superuser = True
    staff(client, bob)
    address = f"/admin/finetune/user/{alice.pk}/delete/"
    client.post(address, {"post": "yes"})
    assert not RiskState.objects.exists()
    assert SafetyEntry.objects.exists()


def test_a_clearance_is_signed_in_words_and_taken_back(
    client: Client,
    tuned: Any,
    files: Any,  # noqa: F811
    bob: Any,
) -> None:
    row = probed(tuned)
    staff(client, bob, "view_clearance")
    act(client, CLEARANCES, "sign", row, words="I read them.")
    staff(client, bob, "view_clearance", "sign_clearance")
    assert "Write what you have read" in act(client, CLEARANCES, "sign", row)
    assert not Clearance.objects.get().is_signed
    act(client, CLEARANCES, "sign", row, words="I read all of them.")
    assert Clearance.objects.get().signer == "bob"
    assert "icon-yes" in client.get(f"{CLEARANCES}{row.pk}/change/").content.decode()
    act(client, CLEARANCES, "withdraw", row)
    assert not Clearance.objects.get().is_signed
