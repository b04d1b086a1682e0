"""Each format as published, recognised from its content and normalised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.datasets.doctor import Options, examine
from finetune.datasets.formats import FORMATS
from finetune.datasets.limits import Limits
from finetune.datasets.report import Report

ONE = Limits(min_dialogues=1)
TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
SYSTEM = {"role": "system", "content": "Be kind"}

CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("openai", {"messages": TURNS, "id": 3}, TURNS),
    (
        "openai",
        {"messages": [TURNS[0], {**TURNS[1], "weight": 1}]},
        [TURNS[0], {**TURNS[1], "weight": 1}],
    ),
    (
        "sharegpt",
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
        TURNS,
    ),
    (
        "sharegpt",
        {
            "system": "Be kind",
            "conversations": [
                {"from": "user", "value": "Hi"},
                {"from": "assistant", "value": "Hello"},
            ],
        },
        [SYSTEM, *TURNS],
    ),
    ("alpaca", {"instruction": "Hi", "input": "", "output": "Hello"}, TURNS),
    (
        "alpaca",
        {"instruction": "Sum", "input": "1 2", "output": "3"},
        [{"role": "user", "content": "Sum\n\n1 2"}, {"role": "assistant", "content": "3"}],
    ),
    (
        "esconv",
        {
            "dialog": [
                {"speaker": "sys", "text": "Hello"},
                {"speaker": "usr", "text": "Hi"},
                {"speaker": "usr", "text": "I am sad"},
                {"speaker": "sys", "text": "Tell me", "strategy": "Question"},
            ]
        },
        [
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Hi\nI am sad"},
            {"role": "assistant", "content": "Tell me"},
        ],
    ),
    (
        "cpsycoun",
        {"topic": "x", "id": "1", "data": ["求助者：你好", "支持者：请说"]},
        [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "请说"}],
    ),
    ("table", {"question": "Hi", "answer": "Hello"}, TURNS),
]


def examined(path: Path, tmp_path: Path, **options: Any) -> Report:
    return examine(path, tmp_path / "out", Options(limits=ONE, validation_fraction=0, **options))


@pytest.mark.parametrize(("name", "record", "expected"), CASES)
@pytest.mark.parametrize("shape", ["jsonl", "list", "pretty"])
def test_format(
    name: str, record: dict[str, Any], expected: list[dict[str, Any]], shape: str, tmp_path: Path
) -> None:
    path = tmp_path / "upload.bin"
    text = {
        "jsonl": json.dumps(record),
        "list": json.dumps([record], ensure_ascii=False),
        "pretty": json.dumps(record, indent=2),
    }[shape]
    path.write_text("\ufeff" + text, encoding="utf-8")
    report = examined(path, tmp_path)
    assert report.format == name
    assert report.errors == 0
    assert report.preview[0]["messages"] == expected
    written = json.loads((tmp_path / "out" / "train.jsonl").read_text())
    assert written == {"messages": expected}


def test_every_format_has_a_case() -> None:
    assert {name for name, _, _ in CASES} == set(FORMATS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_a_mapping_and_groups(delimiter: str, tmp_path: Path) -> None:
    rows = [["talk", "who asks", "reply"], ["1", "a", "b"], ["1", "c", '"d\ne"'], ["2", "f", "g"]]
    path = tmp_path / "upload.csv"
    path.write_text("\n".join(delimiter.join(row) for row in rows))
    mapping = {"user": "who asks", "assistant": "reply", "group": "talk"}
    report = examined(path, tmp_path, mapping=mapping)
    assert report.columns == ["talk", "who asks", "reply"]
    assert report.mapping == mapping
    assert [entry["line"] for entry in report.preview] == [2, 5]
    assert [item["content"] for item in report.preview[0]["messages"]] == ["a", "b", "c", "d\ne"]


def test_a_forced_format_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(json.dumps({"question": "Hi", "answer": "Hello", "messages": TURNS}))
    assert examined(path, tmp_path).format == "openai"
    assert examined(path, tmp_path, format="table").format == "table"


@pytest.mark.parametrize(
    ("file", "form", "dialogues", "problems"),
    [
        ("cpsycoun/CPsyCounD.jsonl", "openai", 3080, {"missing_content": 2, "duplicate": 2}),
        ("cpsycoun/CPsyCounE.jsonl", "cpsycoun", 45, {}),
        ("esconv/valid.jsonl", "esconv", 195, {}),
        ("counsel_chat/20200325_counsel_chat.csv", "table", 2009, {"duplicate": 120}),
        ("gsm8k/test.jsonl", "table", 1319, {}),
    ],
)
def test_published_data(
    shared_data: Path,
    file: str,
    form: str,
    dialogues: int,
    problems: dict[str, int],
    tmp_path: Path,
) -> None:
    report = examine(shared_data / file, tmp_path / "out")
    assert report.format == form
    assert report.dialogues == dialogues
    assert report.problem_counts == problems
    assert report.train.dialogues + report.validation.dialogues == dialogues
