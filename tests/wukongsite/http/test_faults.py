"""A fault of the machine is answered with 507 or 503 and words, in the shape the client speaks."""

from __future__ import annotations

import errno
import json
import sqlite3
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

from finetune.runs.models import Run
from finetune.teams.keys.services import key_create
from wukongsite import urls

FAULTS = {
    "full": OSError(errno.ENOSPC, "No space left on device"),
    "quota": OSError(errno.EDQUOT, "Disk quota exceeded"),
    "readonly": OSError(errno.EROFS, "Read-only file system"),
    "files": OSError(errno.EMFILE, "Too many open files"),
    "broker": redis.ConnectionError("Connection refused"),
    "bug": ZeroDivisionError("division by zero"),
}
STATUS = {"full": 507, "quota": 507, "readonly": 503, "files": 503, "broker": 503, "bug": 500}


@csrf_exempt
def broken(request: HttpRequest, kind: str) -> HttpResponse:
    assert request.POST is not None  # read, as the check of the CSRF token does
    raise FAULTS[kind]


@csrf_exempt
async def broken_async(request: HttpRequest, kind: str) -> HttpResponse:
    raise FAULTS[kind]


urlpatterns = [
    path("broken/<str:kind>/", broken),
    path("broken/async/<str:kind>/", broken_async),
    path("v1/broken/<str:kind>/", broken),
    *urls.urlpatterns,
]
handler500 = urls.handler500


def client() -> Client:
    return Client(raise_request_exception=False)


def is_page(answer: Any) -> bool:
    return answer["Content-Type"].startswith("text/html") and b"<h1>" in answer.content


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("kind", FAULTS)
class TestShapes:
    def test_a_browser_gets_a_page(self, kind):
        answer = client().post(f"/broken/{kind}/", {"name": "Peach"})
        assert answer.status_code == STATUS[kind]
        assert is_page(answer)

    @pytest.mark.parametrize(
        "headers",
        [
            {"accept": "application/json"},
            {"accept": "application/json, text/html;q=0.5"},
            {"x-requested-with": "fetch"},
        ],
    )
    def test_a_program_gets_json(self, kind, headers):
        answer = client().post(f"/broken/{kind}/", headers=headers)
        assert answer.status_code == STATUS[kind]
        assert answer.json()["error"]["message"]

    async def test_so_does_one_of_an_async_view(self, kind):
        answer = await AsyncClient(raise_request_exception=False).post(
            f"/broken/async/{kind}/", headers={"accept": "application/json"}
        )
        assert answer.status_code == STATUS[kind]
        assert answer.json()["error"]["message"]

    async def test_and_a_browser_of_one(self, kind):
        answer = await AsyncClient(raise_request_exception=False).get(f"/broken/async/{kind}/")
        assert answer.status_code == STATUS[kind]
        assert is_page(answer)

    def test_the_api_speaks_its_own_shape_whatever_is_accepted(self, kind):
        answer = client().get(f"/v1/broken/{kind}/", headers={"accept": "text/html"})
        assert answer.status_code == STATUS[kind]
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert answer.json()["error"]["type"] == "server_error"

    def test_when_to_come_again(self, kind):
        answer = client().get(f"/broken/{kind}/")
        assert ("Retry-After" in answer) == (STATUS[kind] == 503)

    def test_nothing_of_the_server_is_told(self, kind):
        for headers in ({}, {"accept": "application/json"}, {"hx-request": "true"}):
            page = client().get(f"/broken/{kind}/", headers=headers).content.decode()
            assert "Traceback" not in page
            assert "/tmp" not in page


@pytest.mark.urls(__name__)
def test_a_fragment_leaves_the_form_and_says_it_beside():
    answer = client().post("/broken/full/", headers={"hx-request": "true"})
    assert answer.status_code == 507
    told = json.loads(answer["HX-Trigger"])["studio:fault"]["message"]
    assert "disk or database is full" in told
    assert b"<html" not in answer.content
    assert b'id="fault"' in answer.content


@pytest.mark.urls(__name__)
def test_what_was_typed_can_be_sent_again_but_no_secret_is_sent_back():
    page = client().post("/broken/full/", {"name": "Peach", "targets": ["q", "v"]}).content.decode()
    assert '<input type="hidden" name="name" value="Peach">' in page
    assert page.count('name="targets"') == 2
    assert 'action="/broken/full/"' in page
    page = client().post("/broken/full/", {"name": "Peach", "password": "hunter2"}).content.decode()
    assert "hunter2" not in page
    assert "Try again" not in page


# -- a database that is really locked or full ----------------------------------------------------


@pytest.fixture
def locked(transactional_db: None) -> Any:
    """Hold the database as a backup would; the site's own patience is cut to a moment."""
    connection.ensure_connection()
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)

    def hold() -> None:
        other.execute("BEGIN IMMEDIATE")

    hold.release = lambda: other.execute("ROLLBACK")  # type: ignore[attr-defined]
    yield hold
    other.close()
    connection.cursor().execute("PRAGMA busy_timeout = 20000")


@pytest.mark.django_db(transaction=True)
@pytest.mark.sqlite
class TestLocked:
    def test_every_client_is_told_and_nothing_has_changed(self, locked, run_made, alice, team):
        _, secret = key_create(team=team, user=alice, name="laptop")
        mine = client()
        mine.force_login(alice)
        pause = reverse("run-pause", args=[run_made.public_id])
        api = f"/v1/fine_tuning/jobs/{run_made.public_id}"
        bearer = {"authorization": f"Bearer {secret}"}
        locked()
        page = mine.post(pause)
        assert page.status_code == 503
        assert "The database is busy" in page.content.decode()
        assert page["Retry-After"] == "5"
        assert mine.post(pause, headers={"accept": "application/json"}).status_code == 503
        assert "studio:fault" in mine.post(pause, headers={"hx-request": "true"})["HX-Trigger"]
        refused = client().post(f"{api}/pause", headers=bearer)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "database_locked"
        assert refused["Retry-After"] == "5"
        # What only reads goes on: noting the key's use is not worth an error.
        assert client().get(api, headers=bearer).status_code == 200
        assert mine.get(reverse("run", args=[run_made.public_id])).status_code == 200
        locked.release()
        assert Run.objects.get().state == Run.State.QUEUED
        assert mine.post(pause).status_code == 302
        assert Run.objects.get().state == Run.State.PAUSED

    def test_signing_in_and_the_console_are_told_too(self, locked, alice):
        alice.is_staff = alice.is_superuser = True
        alice.save()
        values = {"username": "alice", "password": "a-good-password-1"}
        locked()
        for name in ("sign-in", "admin:login"):
            answer = client().post(reverse(name), values)
            assert answer.status_code == 503
            assert is_page(answer)
            assert "a-good-password-1" not in answer.content.decode()
        locked.release()
        cache.clear()
        assert client().post(reverse("sign-in"), values).status_code == 302


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_full_database_keeps_no_half_of_anything(run_made, alice, team, dataset):
    _, secret = key_create(team=team, user=alice, name="laptop")
    bearer = {"authorization": f"Bearer {secret}"}
    body = {
        "model": run_made.base.slug,
        "training_file": dataset.public_id,
        "metadata": {"note": "x" * 500},
        "system_prompt": "Be kind. " * 400,
    }

    def launch() -> Any:
        return client().post(
            "/v1/fine_tuning/jobs", body, content_type="application/json", headers=bearer
        )

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA max_page_count = 1")  # the least is what it has now
    before = Run.objects.count(), run_made.events.count()
    cache.clear()
    refused = launch()
    assert refused.status_code == 507, refused.content
    assert refused.json()["error"]["code"] == "disk_full"
    assert (Run.objects.count(), run_made.events.count()) == before
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1000000")
    assert launch().status_code == 200
