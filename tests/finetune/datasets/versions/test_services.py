"""A version is a data set of its own: made of the one before, which stays as it is."""

import hashlib
import json

import pytest

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_delete, dataset_recheck
from finetune.datasets.versions import changes
from finetune.datasets.versions.services import version_make
from finetune.exceptions import StudioError

from .conftest import lines, talk

pytestmark = pytest.mark.django_db
NEW = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good evening."}]


def test_edit_leave_out_and_tag(made, changed, records):
    first = made(lines(12))
    before = first.original_file.read_bytes()
    second = changed(
        first, changes.edit(3, NEW), changes.exclude(5), changes.tag(7, ["sleep", "夜"])
    )
    assert second.state == "ready"
    assert (second.version, second.first, second.previous) == (2, first, first)
    rows = records(second)
    assert len(rows) == 11
    assert rows[2] == {"messages": NEW, "source": "line 3 of version 1"}
    assert rows[3]["messages"] == talk(3)["messages"]
    assert rows[4]["source"] == "line 6 of version 1"  # line 5 is left out
    assert rows[5]["tags"] == ["sleep", "夜"]
    assert second.sha256 == hashlib.sha256(second.original_file.read_bytes()).hexdigest()
    assert second.bytes == second.original_file.stat().st_size
    assert second.changes["counts"] == {"edit": 1, "exclude": 1, "tag": 1}
    assert second.changes["by"] == "alice"
    assert second.changes["unmet"] == 0
    first.refresh_from_db()
    assert first.original_file.read_bytes() == before
    assert second.report["unused"] == []  # tags and source are known


def test_tags_and_the_person_go_along(made, changed, records):
    first = made(lines(12, json.dumps(talk(99, tags=["grief"], person="p7"))))
    second = changed(first, changes.edit(13, NEW))
    third = changed(second, changes.exclude(1))
    assert (third.version, third.first, third.previous) == (3, first, second)
    last = records(third)[-1]
    assert last["messages"] == NEW
    assert (last["tags"], last["person"]) == (["grief"], "p7")
    assert last["source"] == "line 13 of version 2"
    kept = third.train_file.read_text() + third.validation_file.read_text()
    row = next(json.loads(line) for line in kept.splitlines() if '"p7"' in line)
    assert row["tags"] == ["grief"]


def test_weights_and_what_stands_twice(made, changed, records):
    silent = talk(50)
    silent["messages"] += [
        {"role": "assistant", "content": "Not this.", "weight": 0},
        {"role": "assistant", "content": "But this.", "weight": 1},
    ]
    first = made(lines(12, json.dumps(talk(1)), json.dumps(silent)))
    assert first.report["duplicates"] == 1
    second = changed(first, changes.tag(1, ["a"]))
    rows = records(second)
    assert len(rows) == 13
    assert [one.get("weight") for one in rows[-1]["messages"]] == [None, None, 0, 1]
    assert second.report["duplicates"] == 0


def test_the_same_seed_splits_it_alike(made, changed):
    first = made(lines(60), options={"seed": 11, "validation_fraction": 0.2})
    second = changed(first, changes.tag(1, ["a"]))
    held = [
        {json.loads(line)["messages"][0]["content"] for line in row.validation_file.open()}
        for row in (first, second)
    ]
    assert held[0] == held[1]
    assert second.report["seed"] == 11


def test_a_table_becomes_our_form(made, changed, records):
    rows = "\n".join(f"Question {n},Answer {n}" for n in range(15))
    first = made("question,answer\n" + rows, "talks.csv")
    second = changed(first, changes.edit(2, NEW))
    assert first.report["format"] == "table"
    assert second.report["format"] == "openai"
    assert records(second)[0]["messages"] == NEW
    assert len(records(second)) == 15
    assert second.filename == "talks.v2.jsonl"


def test_dialogues_of_a_list_on_one_line_are_told_apart(made, changed, records):
    first = made(json.dumps([talk(number) for number in range(15)]), "talks.json")
    second = changed(first, changes.exclude(4))
    left = [one["messages"][0]["content"] for one in records(second)]
    assert talk(3)["messages"][0]["content"] not in left
    assert len(left) == 14


def test_a_line_without_a_dialogue_is_counted(made, changed):
    second = changed(made(lines(12)), changes.exclude(400), changes.exclude(2))
    assert second.changes["unmet"] == 1


def test_versions_are_counted_on_and_deleted_alone(made, changed):
    first = made(lines(12))
    second = changed(first, changes.exclude(1))
    dataset_delete(dataset=second)
    third = changed(first, changes.exclude(2))
    assert third.version == 3
    dataset_delete(dataset=first)
    third.refresh_from_db()
    assert third.original_file.is_file()
    fourth = changed(third, changes.exclude(1))
    assert (fourth.version, fourth.first_id) == (4, first.pk)
    assert list(Dataset.objects.filter(deleted_at=None).newest()) == [fourth]


def test_the_one_before_stays_until_it_is_made(made, alice):
    first = made(lines(12))
    second = version_make(dataset=first, user=alice, changes=[changes.exclude(1)])
    with pytest.raises(StudioError, match="being made"):
        dataset_delete(dataset=first)
    dataset_check(second.pk)
    dataset_delete(dataset=first)


def test_what_is_read_another_way_meanwhile_is_made_as_it_was(made, alice, records):
    rows = "\n".join(f"Question {n},Answer {n},Reply {n}" for n in range(15))
    first = made("question,answer,response\n" + rows, "talks.csv")
    second = version_make(dataset=first, user=alice, changes=[changes.exclude(2)])
    dataset_recheck(
        dataset=first, options={"mapping": {"user": "question", "assistant": "response"}}
    )
    dataset_check(second.pk)
    second.refresh_from_db()
    assert records(second)[0]["messages"][1]["content"] == "Answer 1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changes.edit(1, [{"role": "user", "content": "Nobody answers"}]), "invalid_dialogue"),
        (changes.edit(1, []), "invalid_dialogue"),
        (changes.tag(1, ["a", "a"]), "invalid_tags"),
        (changes.tag(1, ["x" * 41]), "invalid_tags"),
    ],
)
def test_what_is_no_dialogue_is_refused_at_once(made, alice, settings, change, code):
    first = made(lines(12))
    with pytest.raises(StudioError) as refused:
        version_make(dataset=first, user=alice, changes=[change])
    assert refused.value.code == code
    assert [path.name for path in settings.DATASET_DIR.iterdir()] == [first.public_id]
    assert Dataset.objects.count() == 1


def test_nothing_to_change_makes_nothing(made, alice):
    with pytest.raises(StudioError, match="nothing to change"):
        version_make(dataset=made(lines(12)), user=alice, changes=[])


def test_a_previous_version_that_is_gone_is_said(made, alice):
    first = made(lines(12))
    second = version_make(dataset=first, user=alice, changes=[changes.exclude(1)])
    first.original_file.unlink()
    dataset_check(second.pk)
    second.refresh_from_db()
    assert (second.state, second.problem["code"]) == ("failed", "previous_gone")
