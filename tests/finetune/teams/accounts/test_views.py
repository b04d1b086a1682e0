"""Signing in and out, one-time links and passwords."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from finetune.teams.accounts import sign_in as limits
from finetune.teams.models import SignInLink, User
from finetune.teams.services import sign_in_link_create

pytestmark = pytest.mark.django_db

PASSWORD = "seventy-two peaches"


@pytest.fixture
def local_cache(settings):
    """Counts of failed tries stay within one test."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tries"}
    }
    from django.core.cache import cache

    cache.clear()
    yield cache
    cache.clear()


@pytest.fixture
def alice_with_password(alice):
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def sign_in(client, name="alice", password=PASSWORD, **extra):
    return client.post(reverse("sign-in"), {"username": name, "password": password, **extra})


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.usefixtures("local_cache", "alice_with_password")
class TestSignIn:
    def test_the_page_opens_for_anybody(self, client):
        page = client.get(reverse("sign-in"))
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]

    def test_name_and_password_lead_home(self, client):
        answer = sign_in(client)
        assert (answer.status_code, answer.url) == (302, "/")
        assert signed_in(client)

    def test_it_goes_on_to_the_page_that_was_asked_for(self, client):
        asked = client.get(reverse("data"))
        assert asked.url == "/sign-in/?next=/data/"
        assert sign_in(client, next="/data/").url == "/data/"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
    def test_it_never_leads_to_another_site(self, client, target):
        assert sign_in(client, next=target).url == "/"

    @pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD)])
    def test_a_wrong_pair_is_refused_with_the_same_words(self, client, name, password):
        answer = sign_in(client, name, password)
        assert answer.status_code == 422
        assert b"do not go together" in answer.content
        assert not signed_in(client)

    def test_what_was_typed_is_kept_but_the_password_is_not(self, client):
        page = sign_in(client, "alice", "wrong-password").content.decode()
        assert 'value="alice"' in page
        assert "wrong-password" not in page

    def test_after_five_failures_even_the_right_password_waits(self, client):
        for _ in range(limits.PER_PERSON):
            assert sign_in(client, password="wrong").status_code == 422
        refused = sign_in(client)
        assert refused.status_code == 429
        assert b"Too many tries" in refused.content
        assert not signed_in(client)

    def test_the_limit_is_for_that_name_only(self, client, bob):
        bob.set_password(PASSWORD)
        bob.save()
        for _ in range(limits.PER_PERSON + 1):
            sign_in(client, password="wrong")
        assert sign_in(client, "bob").status_code == 302

    def test_changing_the_case_of_the_name_does_not_help(self, client):
        for number in range(limits.PER_PERSON):
            sign_in(client, "Alice" if number % 2 else "ALICE", "wrong")
        assert sign_in(client, "alice").status_code == 429

    def test_success_forgets_the_failures(self, client):
        for _ in range(limits.PER_PERSON - 1):
            sign_in(client, password="wrong")
        assert sign_in(client).status_code == 302
        client.post(reverse("sign-out"))
        assert sign_in(client, password="wrong").status_code == 422
        assert sign_in(client).status_code == 302

    def test_a_person_who_is_switched_off_stays_out(self, client, alice):
        alice.is_active = False
        alice.save()
        assert sign_in(client).status_code == 422

    @pytest.mark.parametrize("password", ["x" * 5000, "null\0byte", ""])
    def test_odd_input_is_refused_without_an_error_page(self, client, password):
        assert sign_in(client, password=password).status_code == 422


def path_of(link: str) -> str:
    return urlsplit(link).path


class TestSignInLink:
    def test_looking_does_not_use_it_up(self, client, alice):
        path = path_of(sign_in_link_create(user=alice))
        for _ in range(3):
            page = client.get(path)
            assert page.status_code == 200
            assert b"Sign in as alice" in page.content
        assert not signed_in(client)
        assert client.post(path).status_code == 302
        assert signed_in(client)

    def test_it_works_once(self, client, alice):
        path = path_of(sign_in_link_create(user=alice))
        client.post(path)
        client.post(reverse("sign-out"))
        again = client.post(path)
        assert again.status_code == 410
        assert b"no longer works" in again.content
        assert not signed_in(client)
        assert client.get(path).status_code == 410

    def test_it_lapses(self, client, alice):
        path = path_of(sign_in_link_create(user=alice))
        SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert client.get(path).status_code == 410
        assert client.post(path).status_code == 410

    def test_a_made_up_one_is_refused(self, client):
        assert client.get(reverse("sign-in-link", args=["x" * 43])).status_code == 410

    def test_somebody_without_a_password_is_asked_for_one(self, client, alice):
        alice.set_unusable_password()
        alice.save()
        answer = client.post(path_of(sign_in_link_create(user=alice)))
        assert answer.url == reverse("password")
        saved = client.post(
            reverse("password"), {"new_password1": PASSWORD, "new_password2": PASSWORD}
        )
        assert saved.status_code == 302
        assert User.objects.get(pk=alice.pk).check_password(PASSWORD)
        assert client.get(reverse("password")).status_code == 200  # still signed in


class TestPassword:
    def test_the_old_one_is_needed(self, client, alice_with_password):
        client.force_login(alice_with_password)
        new = {"new_password1": "five hundred years", "new_password2": "five hundred years"}
        wrong = client.post(reverse("password"), {"old_password": "wrong", **new})
        assert wrong.status_code == 422
        right = client.post(reverse("password"), {"old_password": PASSWORD, **new})
        assert right.status_code == 302
        assert User.objects.get(pk=alice_with_password.pk).check_password("five hundred years")

    def test_a_weak_one_is_refused(self, client, alice_with_password):
        client.force_login(alice_with_password)
        weak = {"old_password": PASSWORD, "new_password1": "12345", "new_password2": "12345"}
        assert client.post(reverse("password"), weak).status_code == 422


class TestSignOut:
    def test_only_by_post(self, client, alice):
        client.force_login(alice)
        assert client.get(reverse("sign-out")).status_code == 405
        assert signed_in(client)
        assert client.post(reverse("sign-out")).url == reverse("sign-in")
        assert not signed_in(client)


def test_a_fragment_request_of_a_signed_out_person_moves_the_whole_page(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/data/"}
    answer = client.get(reverse("data"), headers=headers)
    assert answer["HX-Redirect"] == "/sign-in/?next=/data/"
