"""The console: every list and form opens, actions go through the services, nothing secret shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from finetune.bases.models import BaseModel
from finetune.runs.models import Run, RunEvent
from finetune.teams.keys.services import key_create
from finetune.teams.models import ApiKey, Membership, SignInLink, Team, User
from finetune.teams.services import sign_in_link_create


@pytest.fixture
def root(db: None) -> Any:
    return User.objects.create_superuser("root", password="a-good-password-9")


@pytest.fixture
def console(root: Any) -> Client:
    client = Client()
    client.force_login(root)
    return client


def act(client: Client, model: str, action: str, *rows: Any) -> str:
    answer = client.post(
        reverse(f"admin:finetune_{model}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows]},
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


NO_QUOTA = {"quota-TOTAL_FORMS": 0, "quota-INITIAL_FORMS": 0}


def test_every_list_and_form_opens(console: Client, run_made: Any, team: Any, alice: Any) -> None:
    _, secret = key_create(team=team, user=alice, name="laptop")
    link = sign_in_link_create(user=alice)
    opened = 0
    for model in admin.site._registry:
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        answer = console.get(reverse(f"{stem}_changelist"))
        assert answer.status_code == 200
        pages = [answer.content.decode()]
        searched = console.get(reverse(f"{stem}_changelist"), {"q": "a"})
        assert searched.status_code == 200
        row = model._default_manager.first()
        if row is not None:
            shown = console.get(reverse(f"{stem}_change", args=[row.pk]))
            assert shown.status_code == 200, model
            pages.append(shown.content.decode())
            opened += 1
        if admin.site._registry[model].has_add_permission(answer.wsgi_request):
            assert console.get(reverse(f"{stem}_add")).status_code == 200
        for page in pages:
            assert secret not in page
            assert link.rsplit("/", 2)[-2] not in page
            for digest in (ApiKey.objects.get().digest, SignInLink.objects.get().digest):
                assert digest not in page
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", page), model
    assert opened >= 6


def test_only_administrators_get_in(client: Client, alice: Any, run_made: Any) -> None:
    client.force_login(alice)
    for name in ("index", "queue", "finetune_run_changelist"):
        answer = client.get(reverse(f"admin:{name}"))
        assert answer.status_code == 302
        assert "login" in answer["Location"]


def test_run_actions_and_their_refusals(console: Client, run_made: Any) -> None:
    assert "Paused" in act_state(console, "pause", run_made)
    page = act(console, "run", "pause", run_made)
    assert "cannot become" in page or "only" in page
    assert "Waiting" in act_state(console, "resume", run_made)
    assert "Cancelled" in act_state(console, "cancel", run_made)
    assert "Waiting" in act_state(console, "requeue", run_made)
    assert run_made.events.filter(message__contains="root").count() >= 3


def act_state(console: Client, action: str, run: Any) -> str:
    act(console, "run", action, run)
    return str(Run.objects.get(pk=run.pk).get_state_display())


def test_a_run_shows_its_log_and_leads_to_the_site(console: Client, run_made: Any) -> None:
    page = console.get(reverse("admin:finetune_run_change", args=[run_made.pk])).content.decode()
    assert "Queued." in page
    assert reverse("run", args=[run_made.public_id]) in page
    address = f"{reverse('admin:finetune_runevent_changelist')}?run__public_id={run_made.public_id}"
    assert address in page
    assert console.get(address).status_code == 200


def test_runs_and_events_are_read_only(console: Client, run_made: Any) -> None:
    event = run_made.events.first()
    for name, row in (("run", run_made), ("runevent", event)):
        address = reverse(f"admin:finetune_{name}_change", args=[row.pk])
        assert console.post(address, {"name": "other"}).status_code == 403
        delete = reverse(f"admin:finetune_{name}_delete", args=[row.pk])
        assert console.post(delete, {"post": "yes"}).status_code == 403


def test_a_person_is_made_with_a_link_that_works_once(console: Client, team: Any) -> None:
    answer = console.post(
        reverse("admin:finetune_user_add"),
        {"username": "dora", "email": "dora@example.org", "team": team.pk},
        follow=True,
    )
    page = answer.content.decode()
    made = User.objects.get(username="dora")
    assert Membership.objects.get(user=made).team == team
    assert not made.is_staff
    assert not made.has_usable_password()
    (link,) = re.findall(r"/sign-in/[\w-]+/", page)
    assert Client().get(link).status_code == 200
    again = console.get(reverse("admin:finetune_user_changelist")).content.decode()
    assert link not in again
    taken = console.post(reverse("admin:finetune_user_add"), {"username": "Dora"})
    assert "is taken" in taken.content.decode()


def test_links_for_people_who_are_there(console: Client, alice: Any) -> None:
    page = act(console, "user", "make_links", alice)
    assert "/sign-in/" in page
    assert SignInLink.objects.filter(user=alice).count() == 1


def test_an_operator_sets_share_and_quotas(console: Client, team: Team) -> None:
    owner = team.memberships.get()
    form = {
        "name": "Acorn", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": owner.pk, "memberships-0-team": team.pk,
        "memberships-0-user": owner.user_id, "memberships-0-role": "owner",
        "quota-TOTAL_FORMS": 1, "quota-INITIAL_FORMS": 0, "quota-0-share": 3,
        "quota-0-runs_at_once": 2, "quota-0-steps": 5000, "quota-0-provider_seconds": "",
    }  # fmt: skip
    address = reverse("admin:finetune_team_change", args=[team.pk])
    answer = console.post(address, {**form, "quota-0-share": 0})
    assert "greater than or equal to 1" in answer.content.decode()
    assert console.post(address, form).status_code == 302
    quota = team.quota
    assert (quota.share, quota.runs_at_once, quota.steps) == (3, 2, 5000)
    assert quota.provider_seconds is None


def test_a_team_keeps_an_owner_and_its_data(console: Client, dataset: Any, team: Any) -> None:
    owner = team.memberships.get()
    form = {
        "name": "Acorn",
        **NO_QUOTA,
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": owner.pk,
        "memberships-0-team": team.pk,
        "memberships-0-user": owner.user_id,
        "memberships-0-role": "member",
    }
    address = reverse("admin:finetune_team_change", args=[team.pk])
    assert "at least one owner" in console.post(address, form).content.decode()
    delete = reverse("admin:finetune_team_delete", args=[team.pk])
    assert console.post(delete, {"post": "yes"}).status_code == 403
    assert Team.objects.filter(pk=team.pk).exists()


def test_a_base_model_is_added_and_waits_for_its_check(console: Client) -> None:
    form = {"title": "Tiny", "slug": "tiny", "source": "/nowhere/tiny", "licence": "", "note": ""}
    answer = console.post(reverse("admin:finetune_basemodel_add"), form, follow=True)
    assert "being read" in answer.content.decode()
    base = BaseModel.objects.get(slug="tiny")
    assert base.state == BaseModel.State.CHECKING
    again = console.post(reverse("admin:finetune_basemodel_add"), form)
    assert "already exists" in again.content.decode()
    form |= {"title": "Tiny one", "slug": "other", "source": "/else"}
    console.post(reverse("admin:finetune_basemodel_change", args=[base.pk]), form)
    base.refresh_from_db()
    assert (base.title, base.slug, base.source) == ("Tiny one", "tiny", "/nowhere/tiny")


def test_keys_are_revoked_and_data_deleted(
    console: Client, run_made: Any, dataset: Any, team: Any, alice: Any
) -> None:
    key, _ = key_create(team=team, user=alice, name="laptop")
    act(console, "apikey", "revoke", key)
    key.refresh_from_db()
    assert key.revoked_at
    assert "still uses" in act(console, "dataset", "remove", dataset)
    act(console, "run", "cancel", run_made)
    act(console, "dataset", "remove", dataset)
    dataset.refresh_from_db()
    assert dataset.deleted_at


def test_the_queue_page_says_what_does_not_answer(console: Client, run_made: Any) -> None:
    page = console.get(reverse("admin:queue")).content.decode()
    assert "Valkey" in page
    assert "answers, version" in page
    # no worker runs in this test
    for name in ("train", "tasks", "quantum", "explorer", "errands"):
        assert f"{name} is missing" in page
    assert "missing: never heard of" in page
    assert "cannot be reached" in page  # nor an engine
    assert "First run" in page
    assert "Waiting (1)" in page
    assert "GiB" in page


def test_long_lists_are_not_counted_to_their_end(
    console: Client, run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    monkeypatch.setattr("finetune.console.lists.COUNTED", 2)
    address = reverse("admin:finetune_runevent_changelist")
    RunEvent.objects.bulk_create(
        RunEvent(run=run_made, seq=seq, time=run_made.created_at, type="log", message=f"no. {seq}")
        for seq in range(100, 110)
    )
    with CaptureQueriesContext(connection) as captured:
        page = console.get(address).content.decode()
    assert "no. 109" in page, "newest first"
    counts = [query["sql"] for query in captured if "COUNT(*)" in query["sql"]]
    events = [sql for sql in counts if "finetune_runevent" in sql]
    assert events
    assert all("LIMIT 2" in sql for sql in events)
    assert not any("DISTINCT" in query["sql"] for query in captured)
    one = console.get(address, {"run__public_id": run_made.public_id, "q": "no. 104"})
    assert "no. 104" in one.content.decode()
    assert "no. 105" not in one.content.decode()


def test_counts_of_a_team_are_not_multiplied(
    console: Client, run_made: Run, team: Team, bob: User
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for number in range(3):
        run_made.pk, run_made.public_id = None, f"ftjob-{number}"
        run_made.save(force_insert=True)
    with CaptureQueriesContext(connection) as captured:
        page = console.get(reverse("admin:finetune_team_changelist")).content.decode()
    row = page.split(team.slug, 1)[1].split("</tr>", 1)[0]
    assert re.findall(r'field-(\w+)">(\d+)<', row) == [
        ("people", "2"),
        ("data_sets", "1"),
        ("run_count", "4"),
    ]
    [listed] = [sql["sql"] for sql in captured if "people_count" in sql["sql"]]
    assert "JOIN" not in listed, "a join of members, data sets and runs has their product of rows"


def test_a_large_team_shows_its_owners_and_keeps_everybody(
    console: Client, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.teams.admin.SHOWN", 3)
    people = User.objects.bulk_create(User(username=f"person-{number}") for number in range(9))
    Membership.objects.bulk_create(Membership(team=team, user=person) for person in people)
    owner = Membership.objects.get(team=team, role="owner")
    address = reverse("admin:finetune_team_change", args=[team.pk])
    page = console.get(address).content.decode()
    shown = {int(pk) for pk in re.findall(r'name="memberships-\d+-id" value="(\d+)"', page)}
    newest = Membership.objects.order_by("-pk").values_list("pk", flat=True)[:3]
    assert shown == {owner.pk, *newest}
    data = NO_QUOTA | {"name": "Oak", "slug": team.slug, "memberships-TOTAL_FORMS": len(shown),
            "memberships-INITIAL_FORMS": len(shown)}  # fmt: skip
    for number, pk in enumerate(sorted(shown)):
        row = Membership.objects.get(pk=pk)
        data |= {f"memberships-{number}-{name}": value for name, value in (
            ("id", pk), ("team", team.pk), ("user", row.user_id), ("role", row.role))}  # fmt: skip
    data[f"memberships-{len(shown) - 1}-DELETE"] = "on"
    answer = console.post(address, data)
    assert answer.status_code == 302, answer.content.decode()
    team.refresh_from_db()
    assert team.name == "Oak"
    assert team.memberships.count() == 9
