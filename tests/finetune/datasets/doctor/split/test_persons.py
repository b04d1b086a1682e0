"""Dialogues of one person stay on one side of the split."""

import json

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options


def record(number, person=None):
    messages = [
        {"role": "user", "content": f"Question {number} of the day"},
        {"role": "assistant", "content": f"Answer {number * 7}"},
    ]
    return {"messages": messages} | ({"person": person} if person else {})


def parts(folder):
    return [
        [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
        for name in ("train", "validation")
    ]


@pytest.mark.parametrize("seed", range(5))
def test_persons_are_on_one_side(tmp_path, seed):
    rows = [record(n, f"person {n % 12}") for n in range(60)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = examine(
        tmp_path / "in.jsonl", tmp_path / "out",
        Options(seed=seed, validation_fraction=0.25, by_person=True),
    )  # fmt: skip
    train, held_out = parts(tmp_path / "out")
    assert report.persons == 12
    assert held_out
    assert not {one["person"] for one in train} & {one["person"] for one in held_out}


def test_without_asking_persons_are_on_both_sides(tmp_path):
    rows = [record(n, f"person {n % 2}") for n in range(60)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = examine(tmp_path / "in.jsonl", tmp_path / "out", Options(validation_fraction=0.3))
    train, held_out = parts(tmp_path / "out")
    assert report.persons == 0
    assert {one["person"] for one in train} & {one["person"] for one in held_out}


def test_a_near_copy_ties_two_persons_together(tmp_path):
    rows = [record(n, f"person {n % 6}") for n in range(30)]
    copy = record(0, "person 1")
    copy["messages"][0]["content"] = copy["messages"][0]["content"].upper()
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, [*rows, copy])))
    for seed in range(6):
        options = Options(seed=seed, validation_fraction=0.5, by_person=True)
        examine(tmp_path / "in.jsonl", tmp_path / "out", options)
        sides = [{one["person"] for one in part} for part in parts(tmp_path / "out")]
        assert any({"person 0", "person 1"} <= side for side in sides)
        assert not sides[0] & sides[1]


def test_a_tables_column_names_the_person(tmp_path):
    lines = ["question,answer,patient"]
    lines += [f"Question {n} of the day,Answer {n * 7},{n % 5}" for n in range(30)]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    mapping = {"user": "question", "assistant": "answer", "person": "patient"}
    options = Options(mapping=mapping, by_person=True, validation_fraction=0.4)
    report = examine(tmp_path / "in.csv", tmp_path / "out", options)
    train, held_out = parts(tmp_path / "out")
    assert (report.persons, report.unused) == (5, [])
    assert not {one["person"] for one in train} & {one["person"] for one in held_out}
    assert held_out


def test_who_is_named_nowhere_is_split_by_dialogue(tmp_path):
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(record(n)) for n in range(30)))
    reports = [
        examine(tmp_path / "in.jsonl", tmp_path / str(asked), Options(by_person=asked))
        for asked in (False, True)
    ]
    assert reports[1].persons == 0
    assert parts(tmp_path / "False") == parts(tmp_path / "True")
