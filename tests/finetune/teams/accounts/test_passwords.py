"""Passwords are hashed with Argon2; an older hash is made anew when its person signs in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from finetune.teams.models import User
from wukongsite.settings import site

pytestmark = pytest.mark.django_db


def test_a_new_password_is_argon2(client: Client, alice: Any, team: Any, settings: Any) -> None:
    settings.PASSWORD_HASHERS = site.PASSWORD_HASHERS
    assert make_password("x").startswith("argon2$argon2id$")


@pytest.mark.parametrize("older", ["pbkdf2_sha256", "scrypt"])
def test_an_older_hash_still_opens_and_is_made_anew(
    client: Client, alice: Any, team: Any, settings: Any, older: str
) -> None:
    settings.PASSWORD_HASHERS = site.PASSWORD_HASHERS
    User.objects.filter(pk=alice.pk).update(password=make_password("seven peaches", hasher=older))
    form = {"username": "alice", "password": "seven peaches"}
    assert client.post(reverse("sign-in"), form).status_code == 302
    alice.refresh_from_db()
    assert alice.password.startswith("argon2$")
    assert client.get(reverse("keys")).status_code == 200  # the session outlives the new hash
    again = Client()
    assert again.post(reverse("sign-in"), form).status_code == 302
