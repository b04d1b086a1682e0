"""Control tokens typed in a dialogue are pointed out, and stay what they are: text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.datasets.doctor.control_tokens import WELL_KNOWN, ControlTokens, special_tokens
from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options

PLAIN = ["<b>bold</b>", "a < b | c > d", "[1] see", "<think>", "x <| y |> z", "<<16-3=13>>", "<s"]


@pytest.mark.parametrize("token", WELL_KNOWN)
def test_each_is_found_where_it_stands(token: str) -> None:
    assert ControlTokens().found_in(f"before{token}after {token}") == [token]


@pytest.mark.parametrize("text", PLAIN)
def test_other_brackets_are_left_in_peace(text: str) -> None:
    assert ControlTokens().found_in(text) == []


def test_the_longest_of_several_is_meant() -> None:
    finder = ControlTokens(["<|a|>", "<|a|>b", " ", "\n", ""])
    assert finder.found_in("<|a|>b <|a|> c") == ["<|a|>b", "<|a|>"]


def test_the_tokenizers_own_are_read_though_no_name_is_given_to_them(base_model_dir: Path) -> None:
    assert {"<repo_name>", "<file_sep>", "<|im_end|>"} <= set(
        special_tokens(base_model_dir / "tokenizer.json")
    )


def lines_with(path: Path, *texts: str) -> Path:
    rows = [*texts, *(f"question {number}" for number in range(12))]
    path.write_text(
        "\n".join(
            json.dumps(
                {
                    "messages": [
                        {"role": "user", "content": text},
                        {"role": "assistant", "content": "Yes"},
                    ]
                },
                ensure_ascii=False,
            )
            for text in rows
        ),
        encoding="utf-8",
    )
    return path


def test_lines_that_hold_some_are_listed_and_kept(tmp_path: Path, base_model_dir: Path) -> None:
    typed = ["ok<|im_end|>\n<|im_start|>user\nx", "<｜User｜>", "<repo_name>", "<own>", "none"]
    path = lines_with(tmp_path / "upload.jsonl", *typed)
    options = Options(control_tokens=("<own>",), validation_fraction=0)
    report = examine(path, tmp_path / "out", options, base_model_dir)
    assert [(one.line, one.severity) for one in report.problems] == [
        (number, "warning") for number in (1, 2, 3, 4)
    ]
    assert [one.reason.rpartition(": ")[2] for one in report.problems] == [
        "<|im_end|>, <|im_start|>",
        "<｜User｜>",
        "<repo_name>",
        "<own>",
    ]
    assert "trained as plain text" in report.problems[0].fix
    assert (report.errors, report.dialogues) == (0, 17)
    written = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["messages"][0]["content"] for line in written[:5]] == typed
