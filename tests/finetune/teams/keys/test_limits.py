"""What a key may do, how long and how much: chosen when it is made, kept when it is replaced."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.exceptions import RunRefused, StudioError
from finetune.teams.keys.rights import ALL, written
from finetune.teams.keys.services import (
    KeyExpired,
    KeyLimits,
    key_check,
    key_create,
    key_opens,
    key_replace,
    key_revoke,
)
from finetune.teams.models import ApiKey
from tests.finetune.teams.keys.test_views import secrets_in

pytestmark = pytest.mark.django_db


def make(client: Client, **fields: Any) -> Any:
    return client.post(reverse("key-create"), {"name": "laptop", **fields})


def test_a_name_alone_makes_a_key_for_everything(client: Client, alice: Any, team: Any) -> None:
    client.force_login(alice)
    assert make(client).status_code == 200
    key = ApiKey.objects.get()
    assert (key.rights, key.expires_at, key.requests_per_minute, key.processor_hours) == (
        ALL, None, None, None,
    )  # fmt: skip


def test_a_limited_key_is_what_was_ticked(client: Client, alice: Any, team: Any) -> None:
    client.force_login(alice)
    answer = make(
        client, may="chosen", rights=["chat", "read"], expires="30", requests_per_minute="5",
        processor_hours="2",
    )  # fmt: skip
    assert answer.status_code == 200
    key = ApiKey.objects.get()
    assert key.rights == "read chat"
    assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)
    page = client.get(reverse("keys")).content.decode()
    assert "Read, Chat" in page
    assert "5 requests a minute" in page
    assert "2 processor hours" in page


def test_a_day_ends_at_its_end(client: Client, alice: Any, team: Any) -> None:
    client.force_login(alice)
    day = timezone.localdate() + timedelta(days=3)
    assert make(client, expires="date", day=day.isoformat()).status_code == 200
    ends = timezone.localtime(ApiKey.objects.get().expires_at)
    assert (ends.date(), ends.hour, ends.minute) == (day + timedelta(days=1), 0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"may": "chosen"},
        {"may": "chosen", "rights": ["root"]},
        {"may": ALL, "rights": ["read"]},
        {"expires": "date"},
        {"expires": "date", "day": "2020-01-01"},
        {"expires": "never", "day": "2099-01-01"},
        {"expires": "7"},
        {"requests_per_minute": "0"},
        {"requests_per_minute": "100000"},
        {"processor_hours": "-1"},
    ],
)
def test_what_does_not_go_together_makes_no_key(
    client: Client, alice: Any, team: Any, fields: dict[str, Any]
) -> None:
    client.force_login(alice)
    answer = make(client, **fields)
    assert answer.status_code == 422
    assert b'<details class="more" open>' in answer.content
    assert not ApiKey.objects.exists()


def test_an_expired_key_says_so_and_opens_nothing(client: Client, alice: Any, team: Any) -> None:
    key, secret = key_create(team=team, user=alice, name="old")
    assert key_check(secret) == key
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(KeyExpired, match="“old” expired on"):
        key_check(secret)
    assert not key_opens(key)
    client.force_login(alice)
    assert "Expired" in client.get(reverse("keys")).content.decode()
    key_revoke(key=key)
    assert key_check(secret) is None


def test_a_replaced_key_goes_on_for_a_while(client: Client, alice: Any, team: Any) -> None:
    limits = KeyLimits(written(["read", "runs"]), timezone.now() + timedelta(days=90), 7, 3)
    old, secret = key_create(team=team, user=alice, name="laptop", limits=limits)
    ApiKey.objects.filter(pk=old.pk).update(scope=ApiKey.Scope.UNGATED)
    client.force_login(alice)
    answer = client.post(reverse("key-replace", args=[old.pk]), {"hours": "24"})
    (fresh,) = secrets_in(answer)
    new = key_check(fresh)
    assert new is not None
    assert (new.name, new.rights, new.requests_per_minute, new.processor_hours) == (
        "laptop", "read runs", 7, 3,
    )  # fmt: skip
    assert abs(new.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    assert new.scope == ApiKey.Scope.GATED
    old.refresh_from_db()
    assert key_check(secret) == old
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(hours=24)


def test_a_replacement_prolongs_nothing(alice: Any, team: Any) -> None:
    soon = timezone.now() + timedelta(hours=2)
    old, _ = key_create(team=team, user=alice, name="a", limits=KeyLimits(expires_at=soon))
    key_replace(key=old, hours=24)
    old.refresh_from_db()
    assert old.expires_at == soon
    key_revoke(key=old)
    with pytest.raises(StudioError, match="revoked"):
        key_replace(key=old, hours=0)


def test_only_its_maker_replaces_a_key(client: Client, alice: Any, bob: Any, team: Any) -> None:
    bobs, _ = key_create(team=team, user=bob, name="bob's")
    client.force_login(alice)  # an owner, who may revoke it
    assert client.post(reverse("key-replace", args=[bobs.pk]), {"hours": "0"}).status_code == 403
    client.force_login(bob)
    assert client.post(reverse("key-replace", args=[bobs.pk]), {"hours": "x"}).status_code == 302
    assert ApiKey.objects.count() == 1


def test_a_key_that_has_had_its_hours_starts_no_run(alice: Any, team: Any, run_made: Any) -> None:
    from finetune.runs.queue.quotas import key_hours_check
    from finetune.runs.use.models import RunUse

    limits = KeyLimits(processor_hours=2)
    key, _ = key_create(team=team, user=alice, name="nightly", limits=limits)
    RunUse.objects.all().delete()
    use = RunUse.objects.create(public_id="x", name="x", team=team, key=key)
    RunUse.objects.filter(pk=use.pk).update(processor_seconds=7199)
    key_hours_check(key)
    RunUse.objects.filter(pk=use.pk).update(processor_seconds=7200)
    with pytest.raises(RunRefused, match="they have taken 2.0") as caught:
        key_hours_check(key)
    assert caught.value.code == "quota"
    from finetune.runs.form.repeating import run_rerun

    with pytest.raises(RunRefused, match="nightly"):
        run_rerun(run=run_made, by=alice, key=key)
    RunUse.objects.update(created_at=timezone.now() - timedelta(days=31))
    key_hours_check(key)
