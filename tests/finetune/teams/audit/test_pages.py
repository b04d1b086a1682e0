"""The team's audit log on its page, as a table, and the whole site's in the console."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.teams.audit.models import AuditEntry
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client, alice: Any, team: Any) -> Client:
    client.force_login(alice)
    return client


def shown(client: Client, **asked: str) -> str:
    answer = client.get(reverse("audit"), asked)
    assert answer.status_code == 200
    return str(answer.content.decode()).partition('<div id="audit"')[2]


def test_an_owner_sees_the_teams_entries_alone(
    owner: Client, team: Any, other_team: Any, alice: Any
) -> None:
    audit_write("team.made", team, name="ours-it-is", by=alice)
    audit_write("team.made", other_team, name="theirs-it-is")
    audit_write("backup.made", name="nobodys.tar")
    page = shown(owner)
    assert "made the team “ours-it-is”" in page
    assert "theirs-it-is" not in page
    assert "nobodys.tar" not in page


def test_a_member_and_another_team_do_not(team: Any, bob: Any, charlie: Any) -> None:
    audit_write("team.made", team, name="ours-it-is")
    member, stranger = Client(), Client()
    member.force_login(bob)
    stranger.force_login(charlie)
    for name in ("audit", "audit-table"):
        assert member.get(reverse(name)).status_code == 403
        answer = stranger.get(reverse(name))
        assert answer.status_code == 200
        assert b"ours-it-is" not in b"".join(answer)
    assert Client().get(reverse("audit")).status_code == 302


def test_filters(owner: Client, team: Any, alice: Any, bob: Any) -> None:
    AuditEntry.objects.prune(timezone.now() + timedelta(days=1))
    audit_write("team.made", team, name="first", by=alice)
    audit_write("data.kept", team, name="second", by=bob)
    old = AuditEntry(
        action="data.kept", door="page", team_id=team.pk, person="bob", thing="third",
        at=timezone.now() - timedelta(days=40),
    )  # fmt: skip
    old.save()

    def things(**asked: str) -> set[str]:
        page = shown(owner, **asked)
        return {name for name in ("first", "second", "third") if name in page}

    today = timezone.localdate()
    assert things() == {"first", "second", "third"}
    assert things(who="bob") == {"second", "third"}
    assert things(what="data") == {"second", "third"}
    assert things(what="people", who="bob") == set()
    assert things(since=today.isoformat()) == {"first", "second"}
    assert things(until=(today - timedelta(days=1)).isoformat()) == {"third"}
    assert things(since="nonsense", what="nonsense") == {"first", "second", "third"}
    assert things(since="0001-01-01", until="9999-12-31") == {"first", "second", "third"}
    assert "No entry fits" in shown(owner, who="nobody")


def test_many_come_in_pages(owner: Client, team: Any) -> None:
    for number in range(120):
        audit_write("data.kept", team, name=f"set-{number:03}")
    first = shown(owner, what="data")
    assert "set-119" in first
    assert "set-050" not in first
    assert "set-050" in shown(owner, what="data", page="2")
    part = owner.get(reverse("audit"), {"page": "3"}, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"set-010" in part.content


def test_the_table_holds_all_and_runs_no_formula(owner: Client, team: Any) -> None:
    AuditEntry.objects.prune(timezone.now() + timedelta(days=1))
    same = timezone.now()
    for number in range(1100):
        AuditEntry(
            action="data.kept", door="page", team_id=team.pk, thing=f"set-{number}", at=same
        ).save()
    audit_write("data.kept", team, name="=1+1")
    answer = owner.get(reverse("audit-table"))
    text = b"".join(answer).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len({row["name"] for row in rows}) == 1102  # and that it was taken
    assert rows[0]["action"] == "audit.exported"
    assert rows[1]["name"] == "'=1+1"
    assert rows[1]["what"] == "added the data set “=1+1”"


def test_words_of_people_stay_text(owner: Client, team: Any) -> None:
    audit_write("data.kept", team, name="<script>alert(1)</script> 100%(thing)s")
    page = shown(owner)
    assert "<script>alert" not in page
    assert "100%(thing)s" in page


def test_the_console_shows_all_and_changes_none(owner: Client, team: Any, alice: Any) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    entry = audit_write("backup.made", name="nobodys.tar")
    page = owner.get(reverse("admin:finetune_auditentry_changelist")).content.decode()
    assert "made the backup “nobodys.tar”" in page
    assert "An operator" in page
    address = reverse("admin:finetune_auditentry_change", args=[entry.pk])
    assert owner.get(address).status_code == 200
    assert owner.post(address, {"action": "x"}).status_code == 403
    assert owner.post(reverse("admin:finetune_auditentry_add")).status_code == 403
    delete = reverse("admin:finetune_auditentry_delete", args=[entry.pk])
    assert owner.post(delete, {"post": "yes"}).status_code == 403
    entry.refresh_from_db()
    assert entry.action == "backup.made"
