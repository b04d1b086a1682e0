"""Random dialogues, written in every format and container, are read back equal."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.formats.form import DIALOGUES, Format, Message, Record
from finetune.datasets.formats.registry import FORMATS, detect
from finetune.datasets.formats.writing import CannotWrite, plain
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.visibility import is_visible

WRITABLE = [form for form in FORMATS.values() if form.write is not None and form.kind == DIALOGUES]
ONE = Limits(min_dialogues=1)
texts = st.text(min_size=1, max_size=8).filter(lambda text: is_visible(text) and "\0" not in text)
plain_texts = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=6)


@st.composite
def calls(draw: st.DrawFn) -> list[Message]:
    """A turn that calls a tool, with or without words, and the result, which may be empty."""
    arguments = json.dumps(draw(st.dictionaries(plain_texts, texts, max_size=2)))
    function = {"name": "look-up", "arguments": arguments}
    call = {"id": draw(plain_texts), "type": "function", "function": function}
    asked = {"role": "assistant", "content": draw(st.just("") | texts), "tool_calls": [call]}
    result = {"role": "tool", "content": draw(st.just("") | texts), "tool_call_id": call["id"]}
    return [asked, result | ({"name": "look-up"} if draw(st.booleans()) else {})]


@st.composite
def dialogues(draw: st.DrawFn) -> list[Message]:
    """Any order of turns; a reply with words to learn is among them."""
    words = draw(st.sampled_from([texts, plain_texts]))
    orders = [["user", "assistant"], ["user", "assistant"] * 2, ["assistant", "user", "assistant"]]
    any_order = st.lists(st.sampled_from(["user", "assistant"]), max_size=5)
    roles = draw(st.sampled_from(orders) | any_order)
    if "assistant" not in roles:
        roles = [*roles, "assistant"]
    messages = [{"role": role, "content": draw(words)} for role in roles]
    replies = [message for message in messages if message["role"] == "assistant"]
    for reply in replies[:-1]:
        if draw(st.integers(0, 5)) == 0:
            reply["weight"] = 0
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(messages)))
        messages[at:at] = draw(calls())
    system = draw(st.none() | words)
    return messages if system is None else [{"role": "system", "content": system}, *messages]


def jsonl(records: list[Record]) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


def json_array(records: list[Record]) -> str:
    return json.dumps(records, ensure_ascii=False, indent=1)


def wrapped(records: list[Record]) -> str:
    return json.dumps({"version": 1, "data": records, "licence": "CC0"})


def csv_table(records: list[Record]) -> str:
    """Lists as JSON in a cell; a table has at least two columns."""
    columns = dict.fromkeys(key for record in records for key in record)
    block = io.StringIO()
    writer = csv.DictWriter(block, ["id", *columns], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for number, record in enumerate(records):
        cells = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in record.items()
        }
        writer.writerow({"id": str(number), **cells})
    return block.getvalue()


def read_back(text: str, form: Format) -> list[list[Message]]:
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "upload", Path(folder) / "out"
        path.write_bytes(text.encode())
        report = examine(path, out, Options(limits=ONE, validation_fraction=0))
        assert (report.format, report.errors) == (form.name, 0), report.problems
        lines = (out / "train.jsonl").read_text(encoding="utf-8").split("\n")
        return [json.loads(line)["messages"] for line in lines if line]


def unlike(found: list[list[Message]]) -> list[list[Message]]:
    """Each once, in order: exact duplicates are left out."""
    return list({json.dumps(messages): messages for messages in found}.values())


@pytest.mark.parametrize("form", WRITABLE, ids=lambda form: form.name)
@settings(max_examples=60, deadline=None)
@given(drawn=st.lists(dialogues(), min_size=1, max_size=4))
def test_what_is_written_is_read_back_equal(form: Format, drawn: list[list[Message]]) -> None:
    assert form.write is not None
    records, expected = [], []
    for messages in drawn:
        try:
            records.append(form.write(messages))
        except CannotWrite:
            continue
        expected.append([plain(message) for message in messages])
    if not records:
        return
    assert all(detect(record) is form for record in records)
    containers = [jsonl, json_array, wrapped]
    if form.name in IN_CELLS:
        containers.append(csv_table)
    for container in containers:
        assert read_back(container(records), form) == unlike(expected)


IN_CELLS = {"openai", "sharegpt", "trl", "alpaca", "table", "marked", "transcript", "turns"}


def test_every_form_that_people_train_with_can_be_written() -> None:
    only_read = {form.name for form in FORMATS.values() if form.write is None}
    assert only_read == {"chat_export", "chatgpt", "openai_dpo", "anthropic_hh"}


U, A = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
S, OUT = {"role": "system", "content": "Be kind"}, {**A, "weight": 0}


@pytest.mark.parametrize(
    ("name", "messages", "what"),
    [
        ("alpaca", [U, OUT, U, A], "weight 0"),
        ("alpaca", [A, U, A], "a question and its reply"),
        ("alpaca", [U, A, U], "a question and its reply"),
        ("alpaca", [{**U, "content": " Hi"}, A], "blanks"),
        ("gemini", [U, OUT, U, A], "weight 0"),
        ("gemini", [U, A, S, U, A], "behind the first turn"),
        ("gemini", [S], "without turns"),
        ("esconv", [U, A, A], "in a row"),
        ("cpsycoun", [U, OUT, U, A], "weight 0"),
        ("oasst", [S, U, A], "a system message"),
        ("oasst", [U, A, U], "nobody answers"),
        ("trl", [A, U, A], "a dialogue that the assistant opens"),
        ("table", [U, A, U, A], "more than one exchange"),
        ("marked", [U, {**A, "content": "<|im_end|>"}], "its own marks"),
        ("transcript", [S, U, A], "a system message"),
        ("transcript", [U, {**A, "content": "So\nPerson: no"}], "looks like another turn"),
        ("transcript", [A], "one side is silent"),
    ],
)  # fmt: skip
def test_what_a_form_cannot_say_is_named(name: str, messages: list[Any], what: str) -> None:
    write = FORMATS[name].write
    assert write is not None
    with pytest.raises(CannotWrite, match=".+") as refused:
        write(messages)
    assert what in refused.value.what
