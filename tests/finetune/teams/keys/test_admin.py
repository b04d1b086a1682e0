"""The gate is taken off a key in the console, by who may, and both is written down."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from finetune.exceptions import StudioError
from finetune.teams.keys.services import key_create, key_revoke, key_scope_set
from finetune.teams.models import ApiKey, User

pytestmark = pytest.mark.django_db
LIST = "admin:finetune_apikey_changelist"


@pytest.fixture
def key(team: Any, alice: Any) -> ApiKey:
    made, _ = key_create(team=team, user=alice, name="evaluation")
    return made


def act(client: Client, key: ApiKey, action: str) -> str:
    data = {"action": action, "_selected_action": [key.pk]}
    page = client.post(reverse(LIST), data, follow=True).content.decode()
    key.refresh_from_db()
    return page


@pytest.fixture
def staff(db: None) -> User:
    user = User.objects.create_user("staff", password="a-good-password-9", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    return user


def test_an_operator_takes_the_gate_off_a_key_and_puts_it_back(
    client: Client, key: ApiKey, staff: User
) -> None:
    assert key.scope == ApiKey.Scope.GATED
    staff.user_permissions.add(Permission.objects.get(codename="ungate_apikey"))
    client.force_login(staff)
    act(client, key, "ungate")
    assert key.scope == ApiKey.Scope.UNGATED
    assert "Without the gate" in client.get(reverse(LIST)).content.decode()
    act(client, key, "gate")
    assert key.scope == ApiKey.Scope.GATED
    noted = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert [entry for entry in noted if "gate" in entry] == list(noted)
    assert len(noted) == 2


def test_who_may_only_look_cannot(client: Client, key: ApiKey, staff: User) -> None:
    client.force_login(staff)
    act(client, key, "ungate")
    assert key.scope == ApiKey.Scope.GATED
    assert "Take the gate away" not in client.get(reverse(LIST)).content.decode()


def test_a_revoked_key_stays_as_it_is(key: ApiKey) -> None:
    key_revoke(key=key)
    with pytest.raises(StudioError, match="revoked"):
        key_scope_set(key=key, scope=ApiKey.Scope.UNGATED)


def test_the_team_sees_which_key_has_no_gate(client: Client, alice: Any, key: ApiKey) -> None:
    client.force_login(alice)
    assert "Without the gate" not in client.get(reverse("keys")).content.decode()
    key_scope_set(key=key, scope=ApiKey.Scope.UNGATED)
    assert "Without the gate, for evaluation" in client.get(reverse("keys")).content.decode()
