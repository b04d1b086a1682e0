"""Auditors see the console and the audit log, and can change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from finetune.teams.accounts.auditors import GROUP, auditors
from finetune.teams.audit.services import audit_write
from finetune.teams.keys.services import key_create
from finetune.teams.models import ApiKey, Team, User
from finetune.teams.services import user_create

pytestmark = pytest.mark.django_db
OTHER_RIGHTS = {"handover"}  # open with chat.answer_handover alone


@pytest.fixture
def auditor(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user_create(username="vera", auditor=True))
    return client


def registered() -> list[tuple[str, ModelAdmin[Any]]]:
    return [
        (f"admin:{model._meta.app_label}_{model._meta.model_name}", console)
        for model, console in admin.site._registry.items()
    ]


def test_the_group_may_view_all_and_nothing_else(db: None) -> None:
    names = set(auditors().permissions.values_list("codename", flat=True))
    assert {"view_auditentry", "view_run", "view_user", "view_conversation"} <= names
    assert {name for name in names if not name.startswith("view_")} == set()


def test_an_auditor_reads_every_list_and_is_offered_no_action(
    auditor: Client, team: Any, alice: Any, run_made: Any, dataset: Any
) -> None:
    key_create(team=team, user=alice, name="laptop")
    audit_write("backup.made", name="all-of-it.tar")
    assert auditor.get(reverse("admin:index")).status_code == 200
    assert auditor.get(reverse("admin:queue")).status_code == 200
    assert len(registered()) > 20
    for name, console in registered():
        answer = auditor.get(reverse(f"{name}_changelist"))
        if console.model._meta.model_name in OTHER_RIGHTS:
            assert answer.status_code == 403, name
            continue
        assert answer.status_code == 200, name
        assert b'name="action"' not in answer.content, name
        assert auditor.post(reverse(f"{name}_add"), {}).status_code == 403, name
        row = console.model._default_manager.first()
        if row is None:
            continue
        for page in ("change", "delete"):
            address = reverse(f"{name}_{page}", args=[row.pk])
            assert auditor.post(address, {"post": "yes"}).status_code == 403, address
        assert auditor.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200, name
    page = auditor.get(reverse("admin:finetune_auditentry_changelist")).content.decode()
    assert "all-of-it.tar" in page


def test_no_action_works_for_an_auditor(auditor: Client, team: Any, alice: Any) -> None:
    key, _ = key_create(team=team, user=alice, name="laptop")
    form = {"action": "revoke", "_selected_action": [key.pk]}
    auditor.post(reverse("admin:finetune_apikey_changelist"), form)
    assert ApiKey.objects.get().revoked_at is None
    person = {"action": "make_links", "_selected_action": [alice.pk]}
    page = auditor.post(reverse("admin:finetune_user_changelist"), person, follow=True)
    assert b"/sign-in/" not in page.content.partition(b"<main")[2]
    User.objects.filter(username="vera").update(is_superuser=True)  # an operator's does
    auditor.post(reverse("admin:finetune_apikey_changelist"), form)
    assert ApiKey.objects.get().revoked_at is not None


def test_an_auditor_sees_no_hash_of_a_password(auditor: Client, alice: Any) -> None:
    page = auditor.get(reverse("admin:finetune_user_change", args=[alice.pk]))
    assert page.status_code == 200
    assert alice.password.encode() not in page.content


def test_words_and_lines_are_read_and_not_judged(auditor: Client) -> None:
    for name in ("admin:words", "admin:lines"):
        assert auditor.get(reverse(name)).status_code == 200
        assert auditor.post(reverse(name), {}).status_code == 403


def test_an_operator_makes_an_auditor(alice: Any, team: Any) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(alice)
    form = {"username": "vera", "email": "", "auditor": "on"}
    answer = client.post(reverse("admin:finetune_user_add"), form)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    made = User.objects.get(username="vera")
    assert (made.is_staff, made.is_superuser) == (True, False)
    assert list(made.groups.values_list("name", flat=True)) == [GROUP]
    page = client.get(reverse("admin:finetune_user_change", args=[made.pk])).content.decode()
    assert 'name="groups"' in page
    assert Group.objects.filter(name=GROUP).count() == 1
    assert Team.objects.filter(members=made).exists()
