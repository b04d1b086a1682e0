"""The doctor's counts, its split, and what it leaves on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.datasets import demo
from finetune.datasets.checks import is_formula, neutralised
from finetune.datasets.doctor import Options, examine
from finetune.datasets.exceptions import DatasetRefused
from finetune.datasets.limits import Limits
from tests.finetune.conftest import dialogue

Write = Callable[..., Path]


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


def test_the_split_is_deterministic_and_duplicates_never_straddle_it(
    write_dialogues: Write, tmp_path: Path
) -> None:
    path = write_dialogues(60)
    doubled = path.read_text() + path.read_text().replace("I am", "I  AM")
    path.write_text(doubled)
    parts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        report = examine(path, tmp_path / name, Options(seed=seed, validation_fraction=0.2))
        assert report.duplicates == 60
        assert (report.train.dialogues, report.validation.dialogues) == (48, 12)
        train = set((tmp_path / name / "train.jsonl").read_text().splitlines())
        validation = set((tmp_path / name / "validation.jsonl").read_text().splitlines())
        assert not train & validation
        parts.append(validation)
    assert parts[0] == parts[1] != parts[2]


def test_a_refusal_leaves_nothing_and_tells_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "upload.jsonl"
    path.write_text(json.dumps(dialogue(1)) + "\n{broken\n")
    with pytest.raises(DatasetRefused) as refused:
        examine(path, tmp_path / "out")
    assert refused.value.code == "too_few_dialogues"
    assert refused.value.report is not None
    assert refused.value.report.problems[0].line == 2
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
        "import sys; from pathlib import Path; from finetune.datasets.doctor import *\n"
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
