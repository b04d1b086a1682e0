"""`manage.py studio datasets …`: the API's objects, and sentences where it cannot be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.api.doctor.objects import dataset_object, findings_object
from finetune.api.files import file_object
from finetune.datasets import demo
from finetune.datasets.models import Dataset
from finetune.teams.audit.models import AuditEntry

from .conftest import Done, studio

Ask = Callable[..., Done]


def test_a_list_for_people_and_for_programs(as_alice: Ask, dataset: Any) -> None:
    shown = as_alice("datasets", "list")
    assert shown.status == 0
    heads, row = shown.out.splitlines()
    assert heads.split() == ["ID", "STATUS", "DIALOGUES", "SIZE", "MADE", "NAME"]
    assert row.startswith(f"{dataset.public_id}  ready")
    assert row.endswith("Demo")
    told = as_alice("datasets", "list", "--json").json
    assert told["data"] == [file_object(dataset)]
    assert told["has_more"] is False


def test_a_limit_says_that_there_are_more(as_alice: Ask, dataset: Any) -> None:
    Dataset.objects.create(team=dataset.team, name="Another", filename="a.jsonl")
    shown = as_alice("datasets", "list", "--limit", "1")
    assert "Another" in shown.out
    assert "Demo" not in shown.out
    assert "--limit 2" in shown.out
    assert as_alice("datasets", "list", "--limit", "1", "--json").json["has_more"] is True


def test_what_is_in_one_and_what_was_found(as_alice: Ask, dataset: Any) -> None:
    shown = as_alice("datasets", "show", dataset.public_id).out
    assert f"Dialogues     {dataset_object(dataset)['counts']['dialogues']}" in shown
    told = as_alice("datasets", "show", dataset.public_id, "--json").json
    assert told == json.loads(json.dumps(dataset_object(dataset)))
    found = as_alice("datasets", "findings", dataset.public_id, "--json").json
    assert found == json.loads(json.dumps(findings_object(dataset)))
    assert as_alice("datasets", "findings", dataset.public_id).status == 0


def test_an_upload_is_kept_for_the_person(as_alice: Ask, alice: Any, tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_bytes(demo.path().read_bytes())
    told = as_alice("datasets", "upload", str(file), "--name", "Talks", "--json").json
    made = Dataset.objects.get(public_id=told["id"])
    assert (made.name, made.created_by, made.state) == ("Talks", alice, "uploaded")
    assert made.original_file.read_bytes() == file.read_bytes()


def test_refusals_are_sentences(as_alice: Ask, other_team: Any, tmp_path: Path) -> None:
    """Of what is not there, of another team's, of what is no file."""
    theirs = Dataset.objects.create(team=other_team, name="Theirs", filename="a.jsonl")
    for name in (theirs.public_id, "file-0"):
        refused = as_alice("datasets", "show", name)
        assert (refused.status, refused.out) == (1, "")
        assert refused.errors == f"No such file: '{name}'.\n"
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert "is empty" in as_alice("datasets", "upload", str(empty)).errors
    refused = as_alice("datasets", "upload", str(tmp_path / "none.jsonl"))
    assert refused.status == 1
    assert "cannot be read: No such file or directory." in refused.errors
    refused = as_alice("datasets", "show", "file-0", "--json")
    assert json.loads(refused.errors)["error"]["code"] == "not_found"


def test_an_export_is_what_the_check_kept(as_alice: Ask, dataset: Any, tmp_path: Path) -> None:
    written = as_alice("datasets", "export", dataset.public_id).out
    records = [json.loads(line) for line in written.splitlines()]
    assert len(records) == dataset_object(dataset)["counts"]["dialogues"]
    assert records[0]["messages"]
    target = tmp_path / "out.jsonl"
    done = as_alice("datasets", "export", dataset.public_id, "-o", str(target))
    assert target.read_text() == written
    assert str(target) in done.out
    refused = as_alice("datasets", "export", dataset.public_id, "--format", "latin")
    assert refused.status == 1
    assert "There is no format “latin”" in refused.errors
    refused = as_alice("datasets", "export", dataset.public_id, "-o", str(tmp_path / "no" / "x"))
    assert "cannot be written" in refused.errors


def test_the_audit_log_names_the_person(as_alice: Ask, dataset: Any, tmp_path: Path) -> None:
    assert as_alice("datasets", "export", dataset.public_id, "-o", str(tmp_path / "a")).status == 0
    last = AuditEntry.objects.get(action="data.exported")
    assert (last.person, last.door, last.thing_id) == ("alice", "command", dataset.public_id)


def test_control_characters_do_not_reach_the_terminal(as_alice: Ask, dataset: Any) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(name="calm\x1b[2J")
    shown = as_alice("datasets", "list", terminal=True).out
    assert "calm\N{REPLACEMENT CHARACTER}[2J" in shown
    assert "\x1b" not in shown


def test_whose_work_it_is(alice: Any, team: Any, bob: Any, other_team: Any) -> None:
    """The only administrator and their only team, or who is named."""
    refused = studio("datasets", "list")
    assert (refused.status, refused.out) == (1, "")
    assert "There is no administrator yet" in refused.errors
    alice.is_superuser = True
    alice.save()
    assert studio("datasets", "list").status == 0
    bob.is_superuser = True
    bob.save()
    assert "--user: alice, bob" in studio("datasets", "list").errors
    assert studio("datasets", "list", "--user", "bob").status == 0
    assert "no active account named 'dora'" in studio("datasets", "list", "--user", "dora").errors
    refused = studio("datasets", "list", "--user", "bob", "--team", other_team.slug)
    assert "bob is in no team 'chestnut'" in refused.errors
    other_team.members.add(bob)
    assert "--team: acorn, chestnut" in studio("datasets", "list", "--user", "bob").errors
    assert studio("datasets", "list", "--user", "bob", "--team", "acorn").status == 0


def test_a_check_of_another_version_is_told(as_alice: Ask, dataset: Any) -> None:
    dataset.places_file.unlink()
    refused = as_alice("datasets", "export", dataset.public_id)
    assert refused.errors == "Check “Demo” once more before it is exported.\n"
