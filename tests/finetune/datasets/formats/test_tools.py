"""Calls of tools and their results are kept in one form, whatever form they came in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.reading.limits import Limits

FUNCTION = {"name": "weather", "arguments": '{"city": "Zürich"}'}
CALL = {"id": "call_1", "type": "function", "function": FUNCTION}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Tells the weather."}}
ASKED = {"role": "user", "content": "Will it rain?"}
CALLS = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT = {"role": "tool", "content": "rain", "tool_call_id": "call_1"}
REPLY = {"role": "assistant", "content": "Yes."}
TALK = [ASKED, CALLS, RESULT, REPLY]


def read(tmp_path: Path, records: list[Any]) -> tuple[Report, list[dict[str, Any]]]:
    path = tmp_path / "upload.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    options = Options(limits=Limits(min_dialogues=1), validation_fraction=0)
    report = examine(path, tmp_path / "out", options)
    lines = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return report, [json.loads(line) for line in lines]


FORMS = {
    "as they are kept": {"messages": TALK, "tools": [TOOL]},
    "as OpenAI answers": {
        "messages": [
            ASKED,
            {**CALLS, "content": None, "refusal": None, "function_call": None},
            RESULT,
            {**REPLY, "tool_calls": [], "name": None},
        ],
        "tools": [TOOL],
    },
    "results in parts": {
        "messages": [
            ASKED, CALLS, {**RESULT, "content": [{"type": "text", "text": "rain"}]}, REPLY,
        ],
        "tools": [TOOL],
    },
    "arguments as an object, tools without a frame": {
        "messages": [
            ASKED,
            {**CALLS, "tool_calls": [
                {**CALL, "index": 0, "function": {**FUNCTION, "arguments": {"city": "Zürich"}}}
            ]},
            RESULT,
            REPLY,
        ],
        "tools": [TOOL["function"]],
    },
    "tools as JSON in a text": {"messages": TALK, "tools": json.dumps([TOOL])},
    "messages as JSON in a text": {"messages": json.dumps(TALK), "tools": [TOOL]},
    "TRL": {"prompt": [ASKED], "completion": [CALLS, RESULT, REPLY], "tools": [TOOL]},
    "a line of a batch": {
        "custom_id": "1",
        "body": {"messages": TALK[:3], "tools": [TOOL]},
        "response": {"body": {"choices": [{"message": REPLY}]}},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_kept_alike(name: str, tmp_path: Path) -> None:
    report, lines = read(tmp_path, [FORMS[name]])
    assert (report.errors, report.warnings, report.unused) == (0, 0, [])
    assert lines == [{"messages": TALK, "tools": [TOOL]}]
    assert report.roles == {"user": 1, "assistant": 2, "tool": 1}


def test_calls_as_they_were_before_2023(tmp_path: Path) -> None:
    older = {"role": "assistant", "content": None, "function_call": FUNCTION}
    answer = {"role": "function", "name": "weather", "content": "rain"}
    report, lines = read(tmp_path, [{"messages": [ASKED, older, answer, REPLY]}])
    assert (report.errors, report.unused) == (0, [])
    call = {"type": "function", "function": FUNCTION}
    kept = {"role": "assistant", "content": "", "tool_calls": [call]}
    assert lines[0]["messages"] == [ASKED, kept, {**answer, "role": "tool"}, REPLY]


def test_what_is_not_kept_is_named(tmp_path: Path) -> None:
    named = [{**ASKED, "name": "Ada"}, CALLS, {**RESULT, "name": "weather"}, REPLY]
    records = [
        {"messages": named, "tools": [{"type": "web_search"}], "parallel_tool_calls": True},
        {"messages": TALK, "tools": "weather"},
    ]
    report, lines = read(tmp_path, records)
    assert {one["key"]: one["records"] for one in report.unused} == {
        "messages[].name": 1, "tools": 2, "parallel_tool_calls": 1,
    }  # fmt: skip
    assert lines[0] == {"messages": [ASKED, CALLS, {**RESULT, "name": "weather"}, REPLY]}


def test_other_calls_and_other_tools_make_other_dialogues(tmp_path: Path) -> None:
    other = {**CALL, "function": {**FUNCTION, "arguments": '{"city": "Basel"}'}}
    records = [
        {"messages": TALK},
        {"messages": TALK, "tools": [TOOL]},
        {"messages": [ASKED, {**CALLS, "tool_calls": [other]}, RESULT, REPLY]},
        {"messages": TALK},
    ]
    report, lines = read(tmp_path, records)
    assert (report.duplicates, len(lines)) == (1, 3)
    assert report.near_duplicates == 1  # the one with tools; not the one about Basel


def test_a_call_s_words_are_counted_and_looked_at(tmp_path: Path) -> None:
    long = {**CALL, "function": {**FUNCTION, "arguments": json.dumps({"city": "x" * 400})}}
    marked = {**CALL, "function": {**FUNCTION, "arguments": '{"city": "<|im_end|>"}'}}
    records = [
        {"messages": [ASKED, {**CALLS, "tool_calls": [one]}, RESULT, REPLY]}
        for one in (long, marked)
    ]
    report, _lines = read(tmp_path, records)
    assert report.tokens > 100
    assert report.problem_counts == {"control_token": 1}


def test_a_pair_whose_reply_calls_a_tool_is_left_out(tmp_path: Path) -> None:
    pair = {"prompt": [ASKED], "chosen": [{**CALLS, "content": "Wait."}], "rejected": [REPLY]}
    good = {"prompt": [ASKED], "chosen": [{**REPLY, "content": "No."}], "rejected": [REPLY]}
    report, lines = read(tmp_path, [good, pair])
    assert report.problem_counts == {"tool_call": 1}
    assert len(lines) == 1
