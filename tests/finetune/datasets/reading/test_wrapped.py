"""JSON objects whose one list holds the records."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import CHUNK
from finetune.datasets.reading.wrapped import Beside, members, wrapped

LIMITS = Limits(min_dialogues=1)
ROWS = [{"question": f"Hi {number}", "answer": "Hello"} for number in range(3)]


def examined(value: Any, tmp_path: Path, **dump: Any) -> Report:
    path = tmp_path / "upload"
    path.write_text("\ufeff" + json.dumps(value, **dump), encoding="utf-8")
    return examine(path, tmp_path / "out", Options(limits=LIMITS, validation_fraction=0))


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("key", ["data", "rows", "train", "examples", "conversations", "dialogues"])
def test_the_list_is_read_and_what_stands_beside_it_is_named(
    key: str, indent: int | None, tmp_path: Path
) -> None:
    whole = {"version": "1.0", "meta": {"list": [{"a": 1}], "n": "[{"}, key: ROWS, "test": [1]}
    report = examined(whole, tmp_path, indent=indent)
    assert (report.container, report.format, report.dialogues) == ("object", "table", 3)
    assert report.beside == ["version", "meta", "test"]
    lines = [entry["line"] for entry in report.preview]
    assert lines == ([1, 2, 3] if indent is None else [12, 16, 20])  # each its own


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
         "sharegpt"),
        ({"data": ["求助者：a", "支持者：b"]}, "cpsycoun"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
         "openai"),
        ({"train": [{"conversations": [{"from": "human", "value": "a"},
                                       {"from": "gpt", "value": "b"}]}]}, "sharegpt"),
        ({"features": [{"name": "text"}], "rows": [{"row_idx": 0, "row": ROWS[0]}]}, "table"),
    ],
)  # fmt: skip
def test_a_list_of_turns_is_one_dialogue(value: Any, form: str, tmp_path: Path) -> None:
    report = examined(value, tmp_path, indent=1)
    assert (report.format, report.dialogues) == (form, 1)


def test_lines_that_hold_lists_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("\n".join(json.dumps({"data": ["求助者：a", f"支持者：{n}"]}) for n in "xyz"))
    report = examine(path, tmp_path / "out", Options(limits=LIMITS))
    assert (report.container, report.dialogues) == ("jsonl", 3)


def test_a_bad_element_does_not_spoil_the_list(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    good = json.dumps(ROWS[0])
    other = good.replace("Hi", "Hey")
    path.write_text('{"data": [' + good + ',\n{"question": NaN},\n' + other)
    report = examine(path, tmp_path / "out", Options(limits=LIMITS))
    assert report.dialogues == 2
    assert [(one.line, one.check) for one in report.problems] == [(2, "invalid_json")]


def test_keys_and_lists_are_found_where_chunks_end(tmp_path: Path) -> None:
    """A string beside the list that ends at every place around the end of a chunk."""
    for size in range(CHUNK - 40, CHUNK + 4):
        text = json.dumps({"note": "x" * size, "data": ROWS, "last": 1})
        found, is_whole = members(io.BytesIO(text.encode()))
        assert is_whole
        assert [one.key for one in found] == ["note", "data", "last"]
        assert json.loads(text[found[1].start : found[1].end]) == ROWS
        reads = list(wrapped(io.BytesIO(text.encode()), "data", LIMITS))
        assert reads[0].value == Beside(("note", "last"))
        assert [read.value for read in reads[1:]] == ROWS


def test_whoever_reads_the_beginning_looks_no_further() -> None:
    """The list's end and the keys behind it are not searched beyond the head."""

    class Counted(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1) -> bytes:
            raw = super().read(size)
            self.most = max(self.most, self.tell())
            return raw

    text = json.dumps({"first": 1, "data": ROWS * 40_000, "last": 1}).encode()
    handle = Counted(text)
    reads = wrapped(handle, "data", LIMITS, head=CHUNK)
    assert next(reads).value == Beside(("first",))
    assert [next(reads).value for _ in range(6)] == ROWS * 2
    assert handle.most <= 2 * CHUNK < len(text)
