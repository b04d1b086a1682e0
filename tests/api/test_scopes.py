"""What a key may do: every operation has a scope, and a call outside of it is refused in words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from finetune.teams.keys.rights import ALL, Right, written
from finetune.teams.keys.services import KeyLimits, key_create
from finetune.teams.models import ApiKey
from tests.test_permissions import routes
from wukongsite.api.endpoints import api
from wukongsite.api.scopes import OPERATIONS, scopes_of

ASKS = {"post /v1/wukong/plans"}  # operations that make nothing, though they are sent
PAGES = {"/v1/docs", "/v1/openapi.json"}  # the documentation


def operations() -> dict[str, dict[str, Any]]:
    """Every operation of the document, by method and path."""
    paths = api.get_openapi_schema()["paths"]
    return {f"{verb} {path}": one for path, all_ in paths.items() for verb, one in all_.items()}


def test_every_operation_has_a_scope_and_the_document_says_it() -> None:
    known = operations()
    assert len(known) > 50
    assert {name for name in known if not scopes_of(name)} == set()
    named = {name for names in OPERATIONS.values() for name in names}
    assert named - known.keys() == set(), "no such operations"
    for name, one in known.items():
        told = " or ".join(f"`{scope}`" for scope in scopes_of(name))
        assert one["description"].endswith(f"Scope of the key: {told}."), name
        assert "403" in {str(status) for status in one["responses"]}, name


def test_a_scope_gives_what_it_says() -> None:
    for name in operations():
        scopes, verb = set(scopes_of(name)), name.partition(" ")[0]
        if verb == "delete":
            assert scopes == {Right.MANAGE}, name
        elif verb == "post":
            assert (Right.READ in scopes) == (name in ASKS), name
        elif "webhooks" not in name:
            assert Right.READ in scopes, name


PARTS = {
    "file_id": "file-x", "upload_id": "upload_x", "fine_tuning_job_id": "ftjob-x",
    "export_id": "export-x", "kind": "x", "number": "0", "evaluation_id": "eval-x", "model": "x",
    "webhook_id": "hook-x", "study_id": "study-x", "quantum_job_id": "qjob-x",
}  # fmt: skip


@pytest.fixture
def key(team: Any, alice: Any) -> tuple[ApiKey, str]:
    return key_create(team=team, user=alice, name="hers")


def call(secret: str, name: str) -> Any:
    verb, _, path = name.partition(" ")
    address = path.format(**PARTS)
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {secret}"})
    if verb == "post":
        return client.post(address, data={}, content_type="application/json")
    return getattr(client, verb)(address)


@pytest.mark.django_db
@pytest.mark.parametrize("right", Right.values)
def test_each_key_may_call_what_its_scope_says_and_nothing_else(
    key: tuple[ApiKey, str], right: str
) -> None:
    ApiKey.objects.update(rights=right)
    for name in operations():
        answer = call(key[1], name)
        allowed = right in scopes_of(name)
        assert (answer.status_code != 403) == allowed, f"{name}: {answer.status_code}"
        if not allowed:
            error = answer.json()["error"]
            assert error["code"] == "insufficient_scope"
            assert error["type"] == "permission_error"
            assert scopes_of(name)[0] in error["message"]
            assert right in error["message"]
            assert "/keys/" in error["message"]
            assert "insufficient_scope" in answer["WWW-Authenticate"]


@pytest.mark.django_db
def test_a_key_for_everything_and_one_of_before_may_call_all(key: tuple[ApiKey, str]) -> None:
    assert key[0].rights == ALL
    for name in operations():
        assert call(key[1], name).status_code != 403, name


@pytest.mark.django_db
def test_a_route_that_the_table_forgets_is_open_to_keys_for_everything_alone(
    key: tuple[ApiKey, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPERATIONS, Right.READ, ())
    ApiKey.objects.update(rights=written(Right.values))
    answer = call(key[1], "get /v1/files")
    assert answer.status_code == 403
    assert "“all”" in answer.json()["error"]["message"]
    ApiKey.objects.update(rights=ALL)
    assert call(key[1], "get /v1/files").status_code == 200


def test_no_route_under_v1_stands_beside_the_table() -> None:
    paths = {"/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one) for one in routes(get_resolver())}
    ours = {path for path in paths if path.startswith("/v1/")} - PAGES - {"/v1/"}
    documented = {name.partition(" ")[2] for name in operations()}
    assert ours - documented == set()


@pytest.mark.django_db
def test_an_expired_key_is_told_so(key: tuple[ApiKey, str]) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    answer = call(key[1], "get /v1/models")
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["code"] == "expired_api_key"
    assert "expired on" in error["message"]
    assert "invalid_token" in answer["WWW-Authenticate"]


@pytest.mark.django_db
def test_a_key_has_its_own_limit_below_the_sites(team: Any, alice: Any, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 4
    asked = {}
    for most in (2, 1000):
        limits = KeyLimits(requests_per_minute=most)
        _, secret = key_create(team=team, user=alice, name="hers", limits=limits)
        answers = [call(secret, "get /v1/models") for _ in range(8)]
        asked[most] = answers[0]["x-ratelimit-limit-requests"]
        assert {one.status_code for one in answers} == {200, 429}
    assert asked == {2: "2", 1000: "4"}
