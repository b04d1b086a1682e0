"""A line with bytes that are no characters is told with the file's own encoding and its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.limits import Limits

MARKS = {"utf-8": b"", "utf-16-le": b"\xff\xfe", "utf-32-be": b"\x00\x00\xfe\xff", "gb18030": b""}
BROKEN = {
    "utf-8": b"\xe4\xbd",
    "utf-16-le": b"\x00\xdc",  # the second half of a pair alone
    "utf-32-be": b"\x00\x11\x00\x00",  # beyond the last character
    "gb18030": b"\xff",
}
NAMES = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-32-be": "UTF-32",
    "gb18030": "GB18030, GBK, GB2312",
}  # fmt: skip


def problem_of(tmp_path: Path, encoding: str, name: str, lines: list[tuple[str, str]]) -> str:
    """The reason of the one bad record; a line breaks between its two texts where the second is
    not empty."""
    content = MARKS[encoding]
    for before, behind in lines:
        middle = BROKEN[encoding] if behind else b""
        content += before.encode(encoding) + middle + (behind + "\n").encode(encoding)
    path = tmp_path / name
    path.write_bytes(content)
    options = Options(encoding="" if MARKS[encoding] else encoding, limits=Limits(min_dialogues=1))
    report = examine(path, tmp_path / "out", options)
    [problem] = [one for one in report.problems if one.check == "invalid_encoding"]
    assert problem.fix == "Save the file as UTF-8."
    return f"{problem.line}: {problem.reason}"


def record(number: int) -> str:
    messages = [
        {"role": "user", "content": f"睡不好 {number}"},
        {"role": "assistant", "content": "嗯"},
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False)


@pytest.mark.parametrize("encoding", MARKS)
def test_a_line_of_json(encoding: str, tmp_path: Path) -> None:
    before, behind = record(2).split("睡不好")
    said = problem_of(
        tmp_path, encoding, "a.jsonl", [(record(1), ""), (before + "睡", behind), (record(3), "")]
    )
    at, byte = len(before) + 2, len((before + "睡").encode()) + 1
    place = f"byte {byte}, character {at}, of the line" if encoding == "utf-8" else (
        f"character {at} of the line"
    )  # fmt: skip
    assert said == f"2: not {NAMES[encoding]} at {place}"


@pytest.mark.parametrize("encoding", MARKS)
def test_a_cell_of_a_table(encoding: str, tmp_path: Path) -> None:
    rows = [("question,answer", ""), ("a,好的", ""), ("b,好", "的"), ("c,好的", "")]
    said = problem_of(tmp_path, encoding, "a.csv", rows)
    assert said == f"3: not {NAMES[encoding]} in 'answer' at character 2"


@pytest.mark.parametrize("encoding", MARKS)
def test_a_dialogue_of_a_transcript(encoding: str, tmp_path: Path) -> None:
    talk = [("Client: a", ""), ("Therapist: 好", ""), ("", "")]
    said = problem_of(
        tmp_path,
        encoding,
        "a.txt",
        [*talk, ("Client: b", ""), ("Therapist: 好", "的"), ("", ""), *talk],
    )
    assert said == f"4: not {NAMES[encoding]} in its line 2 at character 13"
