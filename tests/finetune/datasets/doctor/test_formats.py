"""Each format as published, recognised from its content and normalised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.formats.registry import FORMATS, detect, unused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.visibility import is_visible
from tests.finetune.datasets.doctor.format_cases import CASES, SYSTEM, TURNS

ONE = Limits(min_dialogues=1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            [TURNS[0], TURNS[1], SYSTEM, TURNS[0], TURNS[1]],
            [*TURNS, {"role": "user", "content": "Be kind\n\nHi"}, TURNS[1]],
        ),
        ([TURNS[0], SYSTEM, TURNS[1]], [{"role": "user", "content": "Hi\n\nBe kind"}, TURNS[1]]),
        (
            [*TURNS, SYSTEM, SYSTEM, TURNS[1]],
            [*TURNS, {"role": "user", "content": "Be kind"}, TURNS[1]],
        ),
        ([*TURNS, SYSTEM], TURNS),
    ],
)
def test_a_system_message_behind_the_first_turn_is_the_persons_and_said(
    before: list[Any], after: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "upload.jsonl"
    path.write_text(json.dumps({"messages": before}))
    report = examined(path, tmp_path)
    assert report.preview[0]["messages"] == after
    assert report.problem_counts == {"later_system": 1}


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
    """But those of pairs (`test_preference`) and messengers' chats (`test_chats`)."""
    of_dialogues = {name for name, form in FORMATS.items() if form.kind == "dialogues"}
    assert {name for name, _, _ in CASES} == of_dialogues - {"chat_export"}


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


@pytest.mark.parametrize(
    ("record", "unused"),
    [
        ({"messages": TURNS, "id": 3, "tools": [{"type": "function"}]}, ["id", "tools"]),
        ({"messages": TURNS, "id": None, "tools": [], "note": " ", "meta": {}}, []),
        ({"messages": [{**TURNS[0], "name": "Ann"}, TURNS[1]]}, ["messages[].name"]),
        (
            {
                "conversations": [
                    {"from": "human", "value": "Hi", "mood": "sad"},
                    {"from": "gpt", "value": "Hello", "mood": "glad", "loss": True},
                ],
                "tools": "[{}]",
            },
            ["tools", "conversations[].mood", "conversations[].loss"],
        ),
        ({"dialog": [{"speaker": "usr", "text": "Hi"}, {"speaker": "sys", "text": "Hello",
          "strategy": "Question"}], "situation": "x"}, ["situation", "dialog[].strategy"]),
        ({"data": ["求助者：你好", "支持者：请说"], "topic": "x"}, ["topic"]),
        ({"instruction": "Hi", "output": "Hello", "answer": "4", "response": "5"},
         ["answer", "response"]),
        ({"instruction": "Hi", "context": "", "response": "Hello", "category": "qa"}, ["category"]),
        ({"prompt": "Hi", "completion": "Hello", "score": 0}, ["score"]),
        ({"question": "Hi", "context": {"title": "x"}, "answer": "Hello"}, ["context"]),
    ],
)  # fmt: skip
def test_what_no_message_is_made_of_is_listed_with_its_records(
    record: dict[str, Any], unused: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "upload.jsonl"
    plain = {**record, "only": "here"}
    path.write_text("\n".join(map(json.dumps, [record, record, plain])))
    report = examined(path, tmp_path)
    assert report.dialogues + report.duplicates == 3
    path.write_text(json.dumps(plain) + "\n" + json.dumps(record).replace("Hi", "Hey"))
    report = examined(path, tmp_path)
    counted = {one["key"]: one["records"] for one in report.unused}
    assert counted.pop("only") == 1
    assert set(counted) == set(unused)
    assert report.errors == 0


def test_columns_that_no_side_is_made_of_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "upload.csv"
    rows = [f"{n},q{n},a{n},{'x' if n < 5 else ''},topic" for n in range(12)]
    path.write_text("\n".join(["id,question,answer,note,", *rows]))
    report = examined(path, tmp_path)
    assert report.unused == [
        {"key": "id", "records": 12},
        {"key": "(column 5)", "records": 12},
        {"key": "note", "records": 5},
    ]


def test_keys_without_end_are_counted_together(tmp_path: Path) -> None:
    path = tmp_path / "upload.jsonl"
    lines = [
        {"messages": [{"role": "user", "content": f"{n}"}, TURNS[1]], f"key\u0007{n}": n + 1}
        for n in range(300)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    report = examined(path, tmp_path)
    assert report.unused[0] == {"key": "(other keys)", "records": 200}
    assert {"key": "key\\u00077", "records": 1} in report.unused
    assert len(report.unused) == 101


CALL = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]


@pytest.mark.parametrize(
    ("record", "check", "says"),
    [
        ({"messages": [TURNS[0], {"role": "assistant", "content": "", "tool_calls": [{"id": 1}]}]},
         "tool_call", "message 2 has a call that is no call of a function"),
        ({"messages": [TURNS[0], {"role": "assistant", "function_call": {"name": "two words"}}]},
         "tool_call", "message 2 calls 'two words', which is no name of a function"),
        ({"messages": [TURNS[0], {"role": "assistant", "content": "", "function_call":
                                  {"name": "f", "arguments": "[1]"}}]},
         "tool_call", "message 2 calls 'f' with arguments that are no JSON object"),
        ({"messages": [{**TURNS[0], "tool_calls": CALL}, TURNS[1]]},
         "tool_call", "message 1 calls a tool and is not the assistant's"),
        ({"messages": [*TURNS, {"role": "tool", "content": "4"}, TURNS[1]]},
         "tool_call", "message 3 is a tool's result, and no turn before calls a tool"),
        ({"messages": [*TURNS, {"role": "tool", "content": "4", "tool_call_id": 7}, TURNS[1]]},
         "tool_call", "message 3 is a tool's result"),
        ({"conversations": [{"from": "human", "value": "Hi"},
                            {"from": "gpt", "value": "Hello", "tool_calls": CALL}]},
         "message_unrecognized_key", "turn 2 calls a tool"),
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "observation", "value": "4"},
                            {"from": "gpt", "value": "Hello"}]},
         "unrecognized_role", "turn 2 is by 'observation'"),
        ({"conversations": [{"from": "human", "value": "Hi"},
                            {"from": "gpt", "value": "Hello", "weight": 0.5}]},
         "invalid_weight", "message 2 has the weight 0.5"),
        ({"conversations": [{"from": "human", "role": "assistant", "value": "Hi"},
                            {"from": "gpt", "value": "Hello"}]},
         "message_unrecognized_key", "turn 1 has 'from' and 'role', which differ"),
        ({"conversations": [{"from": "human", "value": "Hi", "content": "Hey"},
                            {"from": "gpt", "value": "Hello"}]},
         "message_unrecognized_key", "turn 1 has 'value' and 'content', which differ"),
        ({"messages": [SYSTEM, *TURNS], "system": "Be strict"},
         "misplaced_system", "two system texts that differ"),
        ({"messages": TURNS, "system": "Be kind", "system_prompt": "Be strict"},
         "misplaced_system", "two system texts that differ"),
        ({"messages": TURNS, "system": ["Be kind"]}, "missing_content", "'system' is not text"),
        ({"instruction": "Hi", "output": "x", "history": [["a"]]}, "data_type", "entry 1 of 'hist"),
        ({"instruction": "Hi", "output": "x", "history": [["a", "b"], ["c", None]]},
         "data_type", "entry 2 of 'history'"),
        ({"instruction": "Hi", "output": "x", "history": "a: b"}, "data_type", "entry 1 of 'hist"),
        ({"instruction": "Hi", "output": "x", "history": {"a": "b"}}, "data_type", "entry 1 of 'h"),
        ({"instruction": "Hi", "output": "x", "history": [["a", " "]]},
         "missing_content", "message 2"),
        ({"instruction": "Hi", "input": ["x"], "output": "x"}, "missing_content", "'instruction'"),
        ({"notes": "Hi", "labels": [1]}, "missing_messages_list", "only notes, labels"),
        ({"text": "Hi", "labels": [1]}, "missing_marks", "no marks that say who speaks"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_left_out_with_its_reason(
    record: dict[str, Any], check: str, says: str, tmp_path: Path
) -> None:
    """Two lines down from one of the same form that is well."""
    forms: list[dict[str, Any]] = [expected for _, expected, _ in CASES]
    well = next((form for form in forms if set(form) & set(record)), {"messages": TURNS})
    path = tmp_path / "upload.jsonl"
    path.write_text(json.dumps(well) + "\n\n" + json.dumps(record))
    report = examined(path, tmp_path)
    (problem,) = report.problems
    assert (problem.line, problem.check, problem.severity) == (3, check, "error")
    assert says in problem.reason
    assert (report.dialogues, report.errors) == (1, 1)


turn_texts = st.text(min_size=1, max_size=6).filter(
    lambda text: is_visible(text) and "\0" not in text
)


@settings(max_examples=80, deadline=None)
@given(
    turns=st.lists(
        st.tuples(turn_texts, turn_texts, st.sampled_from([None, 0, 1])), min_size=1, max_size=4
    ),
    system=st.none() | turn_texts,
)
def test_each_form_of_a_dialogue_is_the_same_dialogue(
    turns: list[tuple[str, str, int | None]], system: str | None
) -> None:
    """Written as messages, as ShareGPT and, where all is learned, as Alpaca with a history."""
    turns[-1] = (*turns[-1][:2], 1)
    messages: list[dict[str, Any]] = []
    for asked, reply, weight in turns:
        weighted = {} if weight is None else {"weight": weight}
        messages.append({"role": "user", "content": asked})
        messages.append({"role": "assistant", "content": reply, **weighted})
    names = {"user": "human", "assistant": "gpt", "content": "value"}
    shared = [
        {"from": names[one["role"]], "value": one["content"]}
        | {key: one[key] for key in ("weight",) if key in one}
        for one in messages
    ]
    top = {} if system is None else {"system": system}
    written: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
        ("openai", {"messages": messages, **top}, messages),
        ("sharegpt", {"conversations": shared, **top}, messages),
    ]
    if all(asked == asked.strip() for asked, _, _ in turns):
        *earlier, (asked, reply, _) = turns
        plain = [{key: one[key] for key in ("role", "content")} for one in messages]
        history = [[one, other] for one, other, _ in earlier]
        alpaca = {"instruction": asked, "output": reply, "history": history, **top}
        written.append(("alpaca", alpaca, plain))
    before = [] if system is None else [{"role": "system", "content": system}]
    for name, record, expected in written:
        assert detect(record) is FORMATS[name]
        assert FORMATS[name].convert(record, {}) == [*before, *expected]
        assert list(unused(FORMATS[name], record, {})) == []


def test_rows_of_a_conversation_keep_its_first_system_text(tmp_path: Path) -> None:
    path = tmp_path / "upload.csv"
    path.write_text("system,user,assistant,talk\ns,a,b,1\ns,c,d,1\nt,e,f,1\ns,g,h,2\n")
    mapping = {"system": "system", "user": "user", "assistant": "assistant", "group": "talk"}
    report = examined(path, tmp_path, mapping=mapping)
    assert [(found.line, found.check) for found in report.problems] == [(4, "another_system")]
    assert [len(entry["messages"]) for entry in report.preview] == [7, 3]


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
