"""What is done through the doors stands in the audit log: who, what, from where; and stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.datasets import demo
from finetune.datasets.services import dataset_upload
from finetune.teams.audit.actions import ACTIONS, GROUPS, words_of
from finetune.teams.audit.models import AppendOnly, AuditEntry
from finetune.teams.audit.services import audit_write
from finetune.teams.keys.services import key_create, key_scope_set
from finetune.teams.models import ApiKey, User

pytestmark = pytest.mark.django_db
PASSWORD = "a-good-password-1"


def entries(*actions: str) -> list[AuditEntry]:
    """The newest first."""
    return [entry for entry in AuditEntry.objects.all() if not actions or entry.action in actions]


def last(action: str) -> AuditEntry:
    found = entries(action)
    assert found, [entry.action for entry in entries()]
    return found[0]


@pytest.fixture
def page(client: Client, alice: Any, team: Any) -> Client:
    client.force_login(alice)
    return client


def test_signing_in_and_out_and_failing(client: Client, alice: Any, team: Any) -> None:
    def send(name: str, password: str) -> Any:
        form = {"username": name, "password": password}
        return client.post(reverse("sign-in"), form, REMOTE_ADDR="198.51.100.7")

    send("alice", "wrong")
    failed = last("sign_in.failed")
    assert (failed.thing, failed.person, failed.address) == ("alice", "", "198.51.100.7")
    send("hunter2-typed-here", "x")
    assert "hunter2" not in str(vars(last("sign_in.failed")))
    assert send("alice", PASSWORD).status_code == 302
    done = last("sign_in.done")
    assert (done.person, done.person_id, done.door) == ("alice", alice.pk, "page")
    assert done.address == "198.51.100.7"
    client.post(reverse("sign-out"))
    assert last("sign_in.ended").person == "alice"
    assert {one.team_id for one in entries() if one.action.startswith("sign_in.")} == {None}


def test_refused_tries_do_not_fill_the_log(client: Client, alice: Any, team: Any) -> None:
    form = {"username": "alice", "password": "wrong"}
    codes = [client.post(reverse("sign-in"), form).status_code for _ in range(12)]
    assert 429 in codes
    assert len(entries("sign_in.failed")) == codes.count(422)


def test_keys_on_the_page(page: Client, team: Any) -> None:
    page.post(reverse("key-create"), {"name": "laptop", "may": "chosen", "rights": ["chat"]})
    made = last("key.made")
    assert (made.person, made.team_id, made.thing, made.door) == (
        "alice", team.pk, "laptop", "page",
    )  # fmt: skip
    assert words_of(made) == "made the API key “laptop” (scopes: chat)"
    key = ApiKey.objects.get()
    assert key.digest not in str(vars(made))
    page.post(reverse("key-replace", args=[key.pk]), {"hours": "24"})
    assert words_of(last("key.replaced")).endswith("the old one goes on for 24 hours")
    page.post(reverse("key-revoke", args=[key.pk]))
    assert last("key.revoked").thing_id == str(key.pk)
    key_scope_set(key=ApiKey.objects.get(revoked_at=None), scope=ApiKey.Scope.UNGATED)
    assert words_of(last("key.ungated")) == "took the safety gate off the API key “laptop”"
    assert last("key.ungated").door == "command"


def test_members(page: Client, team: Any, bob: Any, charlie: Any) -> None:
    page.post(reverse("member-add"), {"username": "charlie", "role": "member"})
    assert words_of(last("member.invited")) == "invited “charlie” as a member"
    person = Client()
    person.force_login(charlie)
    invitation = team.invitations.get()
    person.post(reverse("invitation-accept", args=[invitation.pk]))
    joined = last("member.joined")
    assert (joined.person, joined.team_id) == ("charlie", team.pk)
    bobs = bob.memberships.get()
    page.post(reverse("member-role", args=[bobs.pk]), {"role": "owner"})
    assert words_of(last("member.role")) == "made “bob” an owner"
    page.post(reverse("member-remove", args=[bobs.pk]))
    assert words_of(last("member.removed")) == "took “bob” out of the team"
    person.post(reverse("member-remove", args=[charlie.memberships.get(team=team).pk]))
    assert last("member.left").person == "charlie"


def test_a_declined_invitation_is_told_to_nobody(page: Client, team: Any, charlie: Any) -> None:
    page.post(reverse("member-add"), {"username": "charlie", "role": "member"})
    before = AuditEntry.objects.count()
    person = Client()
    person.force_login(charlie)
    signed = AuditEntry.objects.count() - before
    person.post(reverse("invitation-decline", args=[team.invitations.get().pk]))
    assert AuditEntry.objects.count() == before + signed


def test_a_key_of_the_api_is_named(team: Any, alice: Any) -> None:
    key, secret = key_create(team=team, user=alice, name="nightly")
    headers = {"authorization": f"Bearer {secret}"}
    file = SimpleUploadedFile("mine.jsonl", demo.path().read_bytes())
    client = Client(headers=headers, REMOTE_ADDR="203.0.113.9")
    made = client.post("/v1/files", {"file": file, "purpose": "fine-tune"})
    assert made.status_code == 200, made.content
    kept = last("data.kept")
    assert (kept.door, kept.key_prefix, kept.person, kept.address) == (
        "api", key.prefix, "alice", "203.0.113.9",
    )  # fmt: skip
    assert (kept.team_id, kept.thing_id) == (team.pk, made.json()["id"])
    client.get(f"/v1/files/{made.json()['id']}/content")
    assert words_of(last("data.exported")) == "downloaded the data set “mine” (as uploaded)"
    client.delete(f"/v1/files/{made.json()['id']}")
    assert last("data.deleted").key_prefix == key.prefix


def test_runs_and_what_they_made(page: Client, run_made: Any, team: Any) -> None:
    page.post(reverse("run-cancel", args=[run_made.public_id]))
    cancelled = last("run.cancelled")
    assert (cancelled.person, cancelled.thing_id, cancelled.kind) == (
        "alice", run_made.public_id, "run",
    )  # fmt: skip
    page.post(reverse("run-requeue", args=[run_made.public_id]))
    assert last("run.requeued").team_id == team.pk
    from finetune.runs.publishing import run_unpublish, runs_delete

    run_unpublish(run_made)
    assert last("assistant.deleted").thing == run_made.name
    runs_delete([run_made])
    assert last("run.deleted").thing_id == run_made.public_id


def test_webhooks_and_quantum_keys(page: Client, team: Any, alice: Any) -> None:
    from finetune.alerts.services import webhook_create, webhook_delete
    from finetune.hardware.keys import cloud_key_create, cloud_key_delete

    url = "https://93.184.216.34/hook"
    hook, secret = webhook_create(team=team, user=alice, name="Lab", url=url, kinds=["run.failed"])
    webhook_delete(hook=hook)
    key = cloud_key_create(team=team, user=alice, label="hers", secret="0123456789abcdef")
    cloud_key_delete(key=key)
    actions = ("webhook.made", "webhook.deleted", "quantum.key_made", "quantum.key_deleted")
    found = entries(*actions)
    assert [one.action for one in reversed(found)] == list(actions)
    assert {one.team_id for one in found} == {team.pk}
    text = "".join(str(vars(one)) for one in found)
    assert secret not in text
    assert "0123456789abcdef" not in text


def test_a_change_in_the_console(client: Client, team: Any, alice: Any, bob: Any) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    client.force_login(bob)
    membership = team.memberships.get(user=alice)
    form = {
        "name": "Oak",
        "quota-TOTAL_FORMS": "1", "quota-INITIAL_FORMS": "0", "quota-0-share": "2",
        "quota-0-steps": "500", "quota-0-team": team.pk,
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": membership.pk, "memberships-0-team": team.pk,
        "memberships-0-user": alice.pk, "memberships-0-role": "owner",
    }  # fmt: skip
    answer = client.post(reverse("admin:finetune_team_change", args=[team.pk]), form)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    changed = last("console.changed")
    assert (changed.door, changed.person, changed.team_id) == ("console", "bob", team.pk)
    assert "share and quotas" in words_of(changed)
    assert words_of(changed).startswith("changed in the console: team “Oak”.")


def test_several_deleted_at_once_in_the_console(client: Client, bob: Any) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    client.force_login(bob)
    gone = [User.objects.create(username=name) for name in ("a", "b", "c")]
    form = {
        "action": "delete_selected",
        "_selected_action": [one.pk for one in gone],
        "post": "yes",
    }
    client.post(reverse("admin:finetune_user_changelist"), form)
    assert not User.objects.filter(username__in="abc").exists()
    found = entries("console.deleted")
    assert sorted(one.thing for one in found) == ["a", "b", "c"]
    assert {(one.kind, one.person, one.door) for one in found} == {("user", "bob", "console")}


def test_the_row_stays_when_its_team_and_person_go(team: Any, alice: Any) -> None:
    key_create(team=team, user=alice, name="laptop")
    before = {**vars(last("key.made"))}
    team.delete()
    alice.delete()
    after = vars(last("key.made"))
    before.pop("_state")
    assert before == {name: value for name, value in after.items() if name != "_state"}
    assert last("key.made").team == "Acorn"


def test_nothing_changes_a_row(team: Any) -> None:
    entry = audit_write("team.made", team)
    entry.action = "team.gone"
    rows = AuditEntry.objects.filter(pk=entry.pk)
    for change in (
        entry.save,
        entry.delete,
        rows.delete,
        lambda: rows.update(action="x"),
        lambda: AuditEntry.objects.update_or_create(pk=entry.pk, defaults={"action": "x"}),
        lambda: AuditEntry.objects.bulk_update([entry], ["action"]),
        lambda: AuditEntry.objects.bulk_create([entry], ignore_conflicts=True),
        lambda: AuditEntry._base_manager.filter(pk=entry.pk).update(action="x"),
        lambda: AuditEntry(pk=entry.pk, action="x", door="page").save(),
    ):
        with pytest.raises(AppendOnly):
            change()
    assert rows.get().action == "team.made"


def test_old_entries_go_by_the_command_alone_which_says_so(team: Any) -> None:
    old = AuditEntry(action="team.made", door="page", at=timezone.now() - timedelta(days=400))
    old.save()
    kept = audit_write("team.made", team)
    call_command("audit_prune", "--older-than", "365", verbosity=0)
    assert not AuditEntry.objects.filter(pk=old.pk).exists()
    assert AuditEntry.objects.filter(pk=kept.pk).exists()
    told = last("audit.pruned")
    assert words_of(told) == "took 1 entries older than 365 days out of this log"
    assert told.door == "command"
    with pytest.raises(CommandError, match="between"):
        call_command("audit_prune", "--older-than", "0")


def test_an_action_that_fails_leaves_no_entry(team: Any, alice: Any) -> None:
    before = AuditEntry.objects.count()
    file = SimpleUploadedFile("empty.jsonl", b"")
    from finetune.exceptions import UploadRefused

    with pytest.raises(UploadRefused):
        dataset_upload(team=team, user=alice, file=file)
    assert AuditEntry.objects.count() == before
    with pytest.raises(KeyError):
        audit_write("team.eaten", team)


def test_every_action_has_a_sentence_and_a_place_in_the_filter() -> None:
    grouped = tuple(prefix for _, prefixes in GROUPS.values() for prefix in prefixes)
    for action in ACTIONS:
        assert action.startswith((*grouped, "sign_in.")), action
        words = words_of(AuditEntry(action=action, thing="a%b", kind="run", door="page"))
        assert "%(" not in words
        assert words[0].islower(), words
    assert words_of(AuditEntry(action="later.added", thing="a")) == "later.added “a”"
