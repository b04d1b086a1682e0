"""Reading: whatever the bytes are, no crash; whatever is JSON, the same as json.loads."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading import records as reading
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.sniffing import Sniffed

values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
fragments = st.sampled_from(
    [
        b'{"messages": [',
        b'{"role": "user", "content": "',
        b'"}',
        b"]}",
        b"\n",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b'"',
        b"\\",
        b"\0",
        b"\xff",
        b"NaN",
        b"1e999",
        b"question,answer\n",
        b"a,b\n",
        b"\xef\xbb\xbf",
        b'"conversations"',
        b":",
        b" ",
        b"\r\n",
        b"\\u",
        b"\xe4\xbd\xa0",
    ]
)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@settings(max_examples=60, deadline=None)
@given(
    records=st.lists(st.dictionaries(st.text(), values, max_size=4), max_size=5),
    indent=st.sampled_from([None, 2]),
    ascii_=st.booleans(),
)
def test_json_lists_are_split_as_json_reads_them(
    chunk: int, records: list[Any], indent: int | None, ascii_: bool
) -> None:
    text = json.dumps(records, indent=indent, ensure_ascii=ascii_)
    raw = text.encode("utf-8", "surrogatepass")
    reading_chunk, reading.CHUNK = reading.CHUNK, chunk
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.json"
            path.write_bytes(raw)
            found = [
                read.value for read in reading.read_records(path, Sniffed("json", 0), Limits())
            ]
    finally:
        reading.CHUNK = reading_chunk
    assert [value for value in found if not isinstance(value, RecordProblem)] == records
    assert len(found) == len(records)


def test_line_numbers_of_a_pretty_printed_list(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[\n  {"a": 1},\n  {\n    "a": 2\n  },\n\n  {"a": "x\\"]},"}\n]\n')
    found = list(reading.read_records(path, Sniffed("json", 0), Limits()))
    assert [(read.line, read.value) for read in found] == [
        (2, {"a": 1}),
        (3, {"a": 2}),
        (7, {"a": 'x"]},'}),
    ]


def test_files_that_were_joined_with_their_byte_order_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\ufeff{"a": 2}\n', encoding="utf-8")
    found = list(reading.read_records(path, Sniffed("jsonl", 0), Limits()))
    assert [(read.line, read.value) for read in found] == [(1, {"a": 1}), (2, {"a": 2})]


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(fragments | st.binary(max_size=8), max_size=40))
def test_no_bytes_crash_the_doctor(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(b"".join(pieces))
        out = Path(folder) / "out"
        try:
            examine(path, out, Options(limits=Limits(min_dialogues=1, max_line_bytes=200)))
        except DatasetRefused:
            left = out.exists()
        else:
            left = False
        assert not left


@settings(max_examples=100, deadline=None)
@given(
    record=values,
    form=st.sampled_from([None, "openai", "sharegpt", "alpaca", "esconv", "cpsycoun"]),
    key=st.sampled_from(["messages", "conversations", "dialog", "data", "output"]),
)
@example(record=[{}, None], form="cpsycoun", key="messages")
def test_no_record_crashes_the_doctor(record: Any, form: str | None, key: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_text(json.dumps({key: record}) + "\n" + json.dumps({key: [record]}) + "\n")
        with pytest.raises(DatasetRefused) as refused:
            examine(path, Path(folder) / "out", Options(format=form))
        assert refused.value.message
