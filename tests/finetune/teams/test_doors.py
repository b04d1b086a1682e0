"""One limit for every door that takes a password or a token."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from finetune.teams.accounts import sign_in as limits
from finetune.teams.keys.services import key_create
from finetune.teams.models import User
from finetune.teams.services import sign_in_link_create

pytestmark = pytest.mark.django_db

RIGHT, WRONG = "seventy-two peaches", "seventy-three peaches"


@pytest.fixture(autouse=True)
def root(db: None) -> Any:
    return User.objects.create_superuser("root", password=RIGHT)


def at_the_sign_in(client: Client, password: str) -> int:
    values = {"username": "root", "password": password}
    return client.post(reverse("sign-in"), values).status_code


def at_the_console(client: Client, password: str) -> int:
    values = {"username": "root", "password": password, "next": "/admin/"}
    return client.post(reverse("admin:login"), values).status_code


def at_the_password_page(client: Client, password: str) -> int:
    client.force_login(User.objects.get(username="root"))
    values = {"old_password": password, "new_password1": "", "new_password2": ""}
    return client.post(reverse("password"), values).status_code


DOORS = [at_the_sign_in, at_the_console, at_the_password_page]


@pytest.mark.parametrize("door", DOORS)
def test_after_five_wrong_ones_the_right_password_stays_outside(client, door):
    for _ in range(limits.PER_PERSON):
        assert door(client, WRONG) in (200, 422)
    assert door(client, RIGHT) == 429


@pytest.mark.parametrize("door", DOORS)
def test_tries_at_one_door_count_at_every_other(client, door):
    for _ in range(limits.PER_PERSON):
        authenticate(RequestFactory().post("/"), username="ROOT", password=WRONG)
    assert door(client, RIGHT) == 429


def test_the_console_says_why(client):
    for _ in range(limits.PER_PERSON + 1):
        at_the_console(client, WRONG)
    page = client.post(reverse("admin:login"), {"username": "root", "password": RIGHT})
    assert "Too many tries for this name" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_right_password_opens_the_console(client):
    assert at_the_console(client, RIGHT) == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_the_consoles_own_password_page_is_the_sites(client, root):
    client.force_login(root)
    assert client.get(reverse("admin:password_change")).url == reverse("password")


def test_a_form_of_its_own_is_limited_without_knowing_it():
    request = RequestFactory().post("/")
    for _ in range(limits.PER_PERSON):
        assert authenticate(request, username="root", password=WRONG) is None
    assert authenticate(request, username="root", password=RIGHT) is None


def test_people_who_sign_in_do_not_use_up_their_neighbours_tries(client):
    for _ in range(limits.PER_ADDRESS + 5):
        assert at_the_sign_in(client, RIGHT) == 302
        client.logout()


def test_names_from_one_address_are_limited_together(client):
    for number in range(limits.PER_ADDRESS):
        client.post(reverse("sign-in"), {"username": f"nobody-{number}", "password": WRONG})
    assert at_the_sign_in(client, RIGHT) == 429


def test_one_ipv6_network_is_one_address():
    for number in range(limits.PER_PERSON):
        request = RequestFactory().post("/", REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}")
        authenticate(request, username="root", password=WRONG)
    near = RequestFactory().post("/", REMOTE_ADDR="2001:db8:1:2:ffff::1")
    assert authenticate(near, username="root", password=RIGHT) is None
    far = RequestFactory().post("/", REMOTE_ADDR="2001:db8:1:3::1")
    assert authenticate(far, username="root", password=RIGHT) is not None


def test_sessions_from_before_the_limit_stay_open(client, root):
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:index")).status_code == 200


def test_links_that_do_not_exist_are_slowed_down_and_a_right_one_is_not(client, alice, monkeypatch):
    monkeypatch.setattr(limits, "WRONG_TOKENS", 3)
    right = urlsplit(sign_in_link_create(user=alice)).path
    made_up = reverse("sign-in-link", args=["x" * 43])
    codes = [client.post(made_up).status_code for _ in range(5)]
    assert codes == [410, 410, 410, 429, 429]
    assert "Wait 15 minutes" in client.get(made_up).content.decode()
    assert client.post(right).status_code == 302


def test_api_keys_that_do_not_exist_are_slowed_down_and_a_right_one_is_not(
    client, alice, team, monkeypatch
):
    monkeypatch.setattr(limits, "WRONG_TOKENS", 3)
    _, secret = key_create(team=team, user=alice, name="laptop")

    def ask(key: str) -> Any:
        return client.get("/v1/models", headers={"authorization": f"Bearer {key}"})

    assert [ask("sk-wk-guess").status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    refused = ask("sk-wk-guess")
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert int(refused["Retry-After"]) > 0
    assert ask(secret).status_code == 200
    cache.clear()
    assert ask("sk-wk-guess").status_code == 401
