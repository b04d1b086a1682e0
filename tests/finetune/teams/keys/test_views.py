"""API keys: shown once, revoked for good, seen by nobody else."""

import re

import pytest
from django.urls import reverse

from finetune.teams.keys.services import key_check, key_create
from finetune.teams.models import ApiKey

pytestmark = pytest.mark.django_db


def make(client, name="laptop", **headers):
    return client.post(reverse("key-create"), {"name": name}, headers=headers)


def secrets_in(response) -> list[str]:
    return sorted(set(re.findall(r"sk-wk-[\w-]{30,}", response.content.decode())))


def test_a_new_key_is_shown_once_and_works(client, alice, team):
    client.force_login(alice)
    answer = make(client)
    (secret,) = secrets_in(answer)
    assert "no-store" in answer["Cache-Control"]
    assert key_check(secret).team == team
    later = client.get(reverse("keys"))
    assert secrets_in(later) == []
    assert secret[:12] in later.content.decode()
    assert secret not in str(dict(client.session))


def test_htmx_gets_the_part_only(client, alice, team):
    client.force_login(alice)
    answer = make(client, **{"HX-Request": "true"})
    assert len(secrets_in(answer)) == 1
    assert b"<html" not in answer.content


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_name_is_needed(client, alice, team, name):
    client.force_login(alice)
    assert make(client, name).status_code == 422
    assert not ApiKey.objects.exists()


def test_markup_in_a_name_stays_text(client, alice, team):
    client.force_login(alice)
    page = make(client, "<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_revoking_ends_it_at_once(client, alice, team):
    client.force_login(alice)
    key, secret = key_create(team=team, user=alice, name="laptop")
    page = client.post(reverse("key-revoke", args=[key.pk]), follow=True)
    assert b"is revoked" in page.content
    assert key_check(secret) is None
    assert client.post(reverse("key-revoke", args=[key.pk])).status_code == 404


def test_an_owner_revokes_any_key_and_a_member_only_their_own(client, alice, bob, team):
    alices, _ = key_create(team=team, user=alice, name="alice's")
    bobs, _ = key_create(team=team, user=bob, name="bob's")
    client.force_login(bob)
    assert client.post(reverse("key-revoke", args=[alices.pk])).status_code == 403
    client.force_login(alice)
    assert client.post(reverse("key-revoke", args=[bobs.pk])).status_code == 302


def test_another_team_neither_sees_nor_revokes_it(client, alice, charlie, team, other_team):
    key, _ = key_create(team=team, user=alice, name="golden-hoop")
    client.force_login(charlie)
    assert b"golden-hoop" not in client.get(reverse("keys")).content
    assert client.post(reverse("key-revoke", args=[key.pk])).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_many_keys_come_in_pages(client, alice, team):
    for number in range(25):
        key_create(team=team, user=alice, name=f"key-{number:02}")
    client.force_login(alice)
    assert b"key-00" not in client.get(reverse("keys")).content
    second = client.get(reverse("keys") + "?page=2", headers={"HX-Request": "true"})
    assert b"key-00" in second.content
    assert b"<html" not in second.content
