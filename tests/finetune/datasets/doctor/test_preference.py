"""Forms of preference pairs: what each becomes, and what is wrong with those that are left out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.formats.preference import pair_messages
from finetune.datasets.formats.registry import FORMATS
from finetune.datasets.reading.limits import Limits


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def says(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def openai(number: int) -> dict[str, Any]:
    return {
        "input": {"messages": [user(f"q{number}")], "tools": [], "parallel_tool_calls": True},
        "preferred_output": [says("good")],
        "non_preferred_output": [says("bad")],
    }


def transcript(number: int, reply: str) -> str:
    return f"\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: q{number}\n\nAssistant: {reply}"


def read(folder: Path, records: list[Any], **options: Any) -> tuple[Report, list[dict[str, Any]]]:
    path = folder / "upload.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    chosen = Options(limits=Limits(min_dialogues=1), **options)
    report = examine(path, folder / "out", chosen)
    lines = [
        json.loads(line)
        for name in ("train.jsonl", "validation.jsonl")
        for line in (folder / "out" / name).read_text(encoding="utf-8").splitlines()
    ]
    return report, lines


ASKED = [user("q1")]
TALK = [user("Hi"), says("Yes?"), user("q1")]
FORMS: dict[str, tuple[str, dict[str, Any], list[dict[str, str]]]] = {
    "openai": ("openai_dpo", openai(1), ASKED),
    "hh": (
        "anthropic_hh",
        {"chosen": transcript(1, "good"), "rejected": transcript(1, "bad")},
        TALK,
    ),
    "text": ("trl_preference", {"prompt": "q1", "chosen": "good", "rejected": "bad"}, ASKED),
    "messages": (
        "trl_preference",
        {"prompt": TALK, "chosen": [says("good")], "rejected": [says("bad")]},
        TALK,
    ),
    "json in texts": (
        "trl_preference",
        {
            "prompt": json.dumps(TALK),
            "chosen": json.dumps([says("good")]),
            "rejected": json.dumps([says("bad")]),
        },
        TALK,
    ),
    "implicit": (
        "trl_preference",
        {"chosen": [*TALK, says("good")], "rejected": [*TALK, says("bad")]},
        TALK,
    ),
    "ultrafeedback": (
        "trl_preference",
        {
            "prompt": "q1",
            "messages": [*TALK, says("good")],
            "chosen": [*TALK, says("good")],
            "rejected": [*TALK, says("bad")],
        },
        TALK,
    ),
    "our own": (
        "trl_preference",
        {"messages": TALK, "chosen": says("good"), "rejected": says("bad")},
        TALK,
    ),
    "instruction, input and system": (
        "trl_preference",
        {
            "system": "Be kind.",
            "instruction": "q1",
            "input": "below",
            "chosen": "good",
            "rejected": "bad",
        },
        [{"role": "system", "content": "Be kind."}, user("q1\n\nbelow")],
    ),
    "hh with its prompt apart": (
        "trl_preference",
        {
            "prompt": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: q1\n\nAssistant:",
            "chosen": "good",
            "rejected": "bad",
        },
        TALK,
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_becomes_the_same_record(name: str, tmp_path: Path) -> None:
    form, record, said = FORMS[name]
    report, lines = read(tmp_path, [record])
    assert (report.format, report.kind, report.errors) == (form, "preference", 0)
    assert lines == [{"messages": said, "chosen": says("good"), "rejected": says("bad")}]
    assert report.unused == []
    assert report.preview == [{"line": 1, "member": "", **lines[0]}]


def test_a_table_with_these_columns(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        rows = [["prompt", "chosen", "rejected", "score"]]
        rows += [[f"q{number}", "good", "bad", "3"] for number in range(5)]
        csv.writer(handle).writerows(rows)
    report = examine(path, tmp_path / "out", Options(limits=Limits(min_dialogues=1)))
    assert (report.container, report.kind, report.dialogues) == ("csv", "preference", 5)
    assert report.unused == [{"key": "score", "records": 5}]


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "equal": ({"prompt": "q", "chosen": "a", "rejected": " a"}, "equal_replies", "the same"),
    "equal talks": (
        {"chosen": [*ASKED, says("a")], "rejected": [*ASKED, says("a")]},
        "equal_replies",
        "the same",
    ),
    "no prompt": ({"chosen": "a", "rejected": "b"}, "missing_prompt", "no 'prompt'"),
    "nobody asked": (
        {"prompt": [says("hello")], "chosen": "a", "rejected": "b"},
        "missing_prompt",
        "no person's turn",
    ),
    "two prompts": (
        {"prompt": "q", "question": "r", "chosen": "a", "rejected": "b"},
        "another_prompt",
        "both say",
    ),
    "another prompt": (
        {"prompt": "z", "chosen": [*ASKED, says("a")], "rejected": [*ASKED, says("b")]},
        "another_prompt",
        "nobody's turn",
    ),
    "other messages": (
        {
            "messages": [*ASKED, says("b")],
            "chosen": [*ASKED, says("a")],
            "rejected": [*ASKED, says("b")],
        },
        "another_prompt",
        "not the preferred",
    ),
    "several replies": (
        {"chosen": [*ASKED, says("a"), user("x"), says("y")], "rejected": [*ASKED, says("b")]},
        "preference_not_one_reply",
        "3 messages",
    ),
    "nothing left": (
        {"chosen": ASKED, "rejected": [*ASKED, says("b")]},
        "preference_not_one_reply",
        "0 messages",
    ),
    "wrong role": (
        {"prompt": "q", "chosen": says("a"), "rejected": user("b")},
        "unrecognized_role",
        "by 'user'",
    ),
    "empty": ({"prompt": "q", "chosen": "", "rejected": "b"}, "message_missing_key", "no 'chosen'"),
    "unseen": ({"prompt": "q", "chosen": "\u200b", "rejected": "b"}, "missing_content", "be seen"),
    "number": ({"prompt": 3, "chosen": "a", "rejected": "b"}, "missing_content", "not text"),
    "dialogue": ({"messages": [*ASKED, says("a")]}, "mixed_kinds", "without a pair"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_left_out_says_why(name: str, tmp_path: Path) -> None:
    record, check, words = BAD[name]
    good = {"prompt": "fine", "chosen": "a", "rejected": "b"}
    report, lines = read(tmp_path, [good, record])
    assert len(lines) == 1
    (problem,) = report.problems
    assert (problem.line, problem.check, problem.severity) == (2, check, "error")
    assert words in problem.reason
    assert problem.fix


def test_the_kind_is_that_of_most_records(tmp_path: Path) -> None:
    dialogue = {"messages": [user("q"), says("a")]}
    other = {"messages": [user("r"), says("a")]}
    report, lines = read(tmp_path, [openai(1), dialogue, other])
    assert (report.kind, report.format) == ("dialogues", "openai")
    assert len(lines) == 2
    assert report.problem_counts == {"mixed_kinds": 1}


def test_tools_and_other_keys_are_named(tmp_path: Path) -> None:
    record = openai(1)
    record["input"]["tools"] = [{"type": "function"}]
    report, _ = read(tmp_path, [{**record, "rater": "me"}])
    assert report.unused == [{"key": "rater", "records": 1}, {"key": "input.tools", "records": 1}]


def test_what_is_written_is_read_back_equal(tmp_path: Path) -> None:
    report, lines = read(tmp_path, [openai(number) for number in range(3)])
    write = FORMATS["trl_preference"].write
    assert write is not None
    again, same = read(tmp_path, [write(pair_messages(line)) for line in lines])
    assert same == lines
    assert (report.dialogues, again.dialogues, again.format) == (3, 3, "trl_preference")


def test_duplicates_and_the_split(tmp_path: Path) -> None:
    """Pairs with one prompt stay together; the other way round is no duplicate."""
    pairs = [
        {"prompt": f"q{number // 3}", "chosen": f"good {number}", "rejected": "bad"}
        for number in range(30)
    ]
    turned = {"prompt": "q0", "chosen": "bad", "rejected": "good 0"}
    near = {"prompt": "Q0", "chosen": "good  0", "rejected": "bad"}
    report, _ = read(tmp_path, [*pairs, pairs[0], turned, near], validation_fraction=0.2)
    assert (report.dialogues, report.duplicates, report.near_duplicates) == (32, 1, 1)
    sides = [
        {
            json.loads(line)["messages"][0]["content"].casefold()
            for line in (tmp_path / "out" / name).read_text().splitlines()
        }
        for name in ("train.jsonl", "validation.jsonl")
    ]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]


def test_tokens_are_those_of_the_longer_of_both(tmp_path: Path) -> None:
    record = {"prompt": "x" * 40, "chosen": "y" * 80, "rejected": "z" * 20}
    report, _ = read(tmp_path, [record])
    assert report.tokens == 30
    assert report.turns == 3
    assert report.roles == {"user": 1, "assistant": 2}
