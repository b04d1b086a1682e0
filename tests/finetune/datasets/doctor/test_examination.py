"""The doctor's counts, its split, and what it leaves on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets import demo
from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.text import is_formula, neutralised
from tests.finetune.conftest import dialogue

Write = Callable[..., Path]
ONE = Options(limits=Limits(min_dialogues=1))


def test_counts_and_histogram(write_dialogues: Write, tmp_path: Path, base_model_dir: Path) -> None:
    report = examine(write_dialogues(40), tmp_path / "out", Options(), base_model_dir)
    assert (report.dialogues, report.turns, report.errors) == (40, 160, 0)
    assert report.roles == {"user": 80, "assistant": 80}
    assert sum(entry["count"] for entry in report.histogram) == 40
    assert report.tokens == report.train.tokens + report.validation.tokens
    assert not report.tokens_estimated
    assert report.lengths["min"] <= report.lengths["median"] <= report.lengths["max"]
    stored = json.loads((tmp_path / "out" / "report.json").read_text())
    assert stored == report.to_dict()


def test_every_bad_line_is_reported_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "upload.jsonl"
    lines = [json.dumps(dialogue(number)) for number in range(500)]
    for index in range(0, 500, 2):
        lines[index] = "{broken"
    path.write_text("\n".join(lines))
    report = examine(path, tmp_path / "out", Options(limits=Limits(reported_problems=5)))
    stored = [
        json.loads(line) for line in (tmp_path / "out" / "problems.jsonl").read_text().splitlines()
    ]
    assert [entry["line"] for entry in stored] == list(range(1, 501, 2))
    assert len(report.problems) == 5
    assert report.errors == 250


def test_the_split_is_deterministic_and_near_duplicates_never_straddle_it(
    write_dialogues: Write, tmp_path: Path
) -> None:
    path = write_dialogues(60)
    text = path.read_text()
    path.write_text(text + text + text.replace("I am", "I  AM"))
    parts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        report = examine(path, tmp_path / name, Options(seed=seed, validation_fraction=0.2))
        assert (report.duplicates, report.near_duplicates) == (60, 60)
        assert report.problem_counts == {"duplicate": 60, "near_duplicate": 60}
        assert (report.train.dialogues, report.validation.dialogues) == (96, 24)
        train, validation = (
            set((tmp_path / name / f"{part}.jsonl").read_text().splitlines())
            for part in ("train", "validation")
        )
        alike = {line.replace("I  AM", "I am") for line in train}
        assert not alike & {line.replace("I  AM", "I am") for line in validation}
        parts.append(validation)
    assert parts[0] == parts[1] != parts[2]


# Pairs of which a person may want the model to tell one from the other.
UNLIKE = [
    ("What is x²?", "What is x2?"),
    ("½", "1⁄2"),
    ("①", "1"),
    ("你好，世界", "你好,世界"),
    ("Ｆｕｌｌ", "Full"),
    ("ABC", "abc"),
    ("if x:\n    y()\nz()", "if x:\n    y()\n    z()"),
    ("a b", "a  b"),
    ("end\n", "end"),
    ("e\u0301", "é"),
    ("ﬁne", "fine"),
    ("straße", "strasse"),
]


@pytest.mark.parametrize(("one", "other"), UNLIKE)
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_what_is_only_nearly_the_same_is_kept_and_told(
    one: str, other: str, role: str, tmp_path: Path
) -> None:
    path = tmp_path / "upload.jsonl"
    texts = {"user": "q", "assistant": "a"}
    records = [{**texts, role: text} for text in (one, other, one)]
    lines = [
        {"messages": [{"role": name, "content": said} for name, said in record.items()]}
        for record in records
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    report = examine(path, tmp_path / "out", ONE)
    assert (report.dialogues, report.duplicates, report.near_duplicates) == (2, 1, 1)
    assert [(found.line, found.check) for found in report.problems] == [
        (2, "near_duplicate"),
        (3, "duplicate"),
    ]
    assert all("line 1" in found.reason for found in report.problems)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text("aAbé²2 \n", min_size=1, max_size=2), min_size=1, max_size=12))
def test_only_what_is_equal_is_left_out(texts: list[str]) -> None:
    visible = [text for text in texts if text.strip()]
    lines = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "x"}]}
        for text in ["first", *visible]
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        report = examine(path, Path(folder) / "out", ONE)
    assert report.dialogues == 1 + len(set(visible))
    assert report.duplicates == len(visible) - len(set(visible))


def test_a_reply_that_is_not_learned_makes_another_dialogue(tmp_path: Path) -> None:
    weights: list[dict[str, int]] = [{}, {"weight": 1}, {"weight": 0}]
    lines = [
        {
            "messages": [
                {"role": "user", "content": "q", "weight": 1},
                {"role": "assistant", "content": "a", **weight},
                {"role": "assistant", "content": "b"},
            ]
        }
        for weight in weights
    ]
    path = tmp_path / "upload.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    report = examine(path, tmp_path / "out", ONE)
    assert (report.dialogues, report.duplicates) == (2, 1)


def test_blank_lines_are_no_records_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "upload.jsonl"
    records = [json.dumps(dialogue(number)) for number in range(12)]
    path.write_text("\n \n" + "\n\n\t\r\n\n".join([*records, "{broken", records[0]]) + "\n\n")
    report = examine(path, tmp_path / "out")
    assert (report.records, report.dialogues, report.errors) == (14, 12, 1)
    assert [(found.line, found.check) for found in report.problems] == [
        (3 + 4 * 12, "invalid_json"),
        (3 + 4 * 13, "duplicate"),
    ]


def test_last_turns_that_nobody_answers_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "upload.jsonl"
    records = [dialogue(number) for number in range(12)]
    records[3]["messages"].append({"role": "user", "content": "Thanks, bye."})
    path.write_text("\n".join(map(json.dumps, records)))
    report = examine(path, tmp_path / "out")
    assert (report.ends_with_user, report.starts_with_assistant, report.warnings) == (1, 0, 0)


def test_a_refusal_leaves_nothing_and_tells_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "upload.jsonl"
    path.write_text(json.dumps(dialogue(1)) + "\n{broken\n")
    with pytest.raises(DatasetRefused) as refused:
        examine(path, tmp_path / "out")
    assert refused.value.code == "too_few_dialogues"
    assert refused.value.report["problems"][0]["line"] == 2
    assert not (tmp_path / "out").exists()


def test_formula_cells_are_neutralised_on_export() -> None:
    assert [is_formula(cell) for cell in ("=1", "+a", "-x", "@y", "-3.5", "a=b", "")] == [
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert neutralised("=1+1") == "'=1+1"
    assert neutralised("plain") == "plain"


def test_the_demo_set_has_no_problem(tmp_path: Path) -> None:
    report = examine(demo.path(), tmp_path / "out")
    assert report.dialogues >= 150
    assert report.errors == report.warnings == 0


def test_examining_needs_neither_torch_nor_django(
    write_dialogues: Write, tmp_path: Path, base_model_dir: Path
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from finetune.datasets.doctor.examination import examine\n"
        "examine(Path(sys.argv[1]), Path(sys.argv[2]), None, Path(sys.argv[3]))\n"
        "assert not {'torch', 'transformers', 'django'} & set(sys.modules)"
    )
    arguments = [str(write_dialogues(12)), str(tmp_path / "out"), str(base_model_dir)]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)


def test_limits_and_options_refuse_nonsense() -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        Limits(max_bytes=0)
    with pytest.raises(ValueError, match="validation_fraction"):
        Options(validation_fraction=1)
    with pytest.raises(ValueError, match="known: system"):
        Options(mapping={"bot": "x"})
