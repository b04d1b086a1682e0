"""Transcripts in plain text: what stands between dialogues, and who speaks in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.texts.spoken import named, turns_of


def examined(text: str | bytes, tmp_path: Path, **options: str) -> Report:
    path = tmp_path / "upload.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    limits = Limits(min_dialogues=1, max_line_bytes=4096)
    chosen = Options(limits=limits, validation_fraction=0, **options)  # type: ignore[arg-type]
    return examine(path, tmp_path / "out", chosen)


def spoken(report: Report) -> list[list[tuple[str, str]]]:
    return [
        [(one["role"][0], one["content"]) for one in entry["messages"]] for entry in report.preview
    ]


@pytest.mark.parametrize(
    ("text", "assistant", "expected"),
    [
        ("Therapist: Hi\nClient: Oh\nmore\nTherapist: So\n\nClient: x\nTherapist: y\n", "Therapist",
         [[("a", "Hi"), ("u", "Oh\nmore"), ("a", "So")], [("u", "x"), ("a", "y")]]),
        ("Ann: Hi\n\nBen: Oh\n\nAnn: So\n\n---\n\nAnn: x\n\nBen: y", "Ben",
         [[("u", "Hi"), ("a", "Oh"), ("u", "So")], [("u", "x"), ("a", "y")]]),
        ("Ann: Hi\n\nBen: Oh\n\n\nAnn: x\n\nBen: y", "Ben",
         [[("u", "Hi"), ("a", "Oh")], [("u", "x"), ("a", "y")]]),
        ("Dialogue 1\nA: Hi\nB: Oh\nDialogue 2\nA: x\nB: y\n", "B",
         [[("u", "Hi"), ("a", "Oh")], [("u", "x"), ("a", "y")]]),
        ("A: Hi there B: Oh\nA: x B: y\r\n", "B",
         [[("u", "Hi there"), ("a", "Oh")], [("u", "x"), ("a", "y")]]),
        ("来访者：你好\n咨询师：请说\n\n来访者：难过\n咨询师：嗯", "咨询师",
         [[("u", "你好"), ("a", "请说")], [("u", "难过"), ("a", "嗯")]]),
        ("[00:12] Speaker 1: Hi\n[00:15] Speaker 2: Oh\n", "Speaker 2",
         [[("u", "Hi"), ("a", "Oh")]]),
        ("**Bot**: Hi\n**Me**: Oh\n**Bot**: So", "Bot", [[("a", "Hi"), ("u", "Oh"), ("a", "So")]]),
        ("Q: How?\nA: So\n\nQ: Why?\nA: For\n", "A",
         [[("u", "How?"), ("a", "So")], [("u", "Why?"), ("a", "For")]]),
        ("Ann: See http://x.org\nBen: At 3:30\nAnn: Note: this\nBen: ok", "Ben",
         [[("u", "See http://x.org"), ("a", "At 3:30"), ("u", "Note: this"), ("a", "ok")]]),
        ("Ann: Hi\nCounselor: Oh\n\nBob: x\nCounselor: y\n\nCy: z\nCounselor: w", "Counselor",
         [[("u", "Hi"), ("a", "Oh")], [("u", "x"), ("a", "y")], [("u", "z"), ("a", "w")]]),
    ],
)  # fmt: skip
def test_transcripts(
    text: str, assistant: str, expected: list[list[tuple[str, str]]], tmp_path: Path
) -> None:
    report = examined(text, tmp_path)
    assert (report.container, report.format) == ("text", "transcript")
    assert spoken(report) == expected
    assert report.errors == 0
    assert (report.assistant, report.guessed) == (assistant, True)


def test_the_assistant_can_be_chosen(tmp_path: Path) -> None:
    text = "Ann: Hi\nBen: Oh\nAnn: So\n"
    report = examined(text, tmp_path, speaker="Ann")
    assert (report.speakers, report.assistant, report.guessed) == (["Ann", "Ben"], "Ann", False)
    assert spoken(report) == [[("a", "Hi"), ("u", "Oh"), ("a", "So")]]
    assert examined(text, tmp_path, speaker="Zoe").assistant == "Ben"


@pytest.mark.parametrize(
    ("block", "check"),
    [
        ("Ann: a\nBen: b\nCy: c\nAnn: a\nBen: b\nCy: c", "too_many_speakers"),
        ("Ann: alone\nAnn: again", "example_missing_assistant_message"),
        ("Words before\nAnn: a\nBen: b", "text_between_turns"),
        ("no names at all", "missing_marks"),
        ("Ann: " + "a" * 5000 + "\nBen: b", "line_too_long"),
        ("Ann: a\0\nBen: b", "null_bytes"),
        ("Ann: \udce9\nBen: b", "invalid_encoding"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line(block: str, check: str, tmp_path: Path) -> None:
    good = "Ann: Hi\nBen: Oh\n\nAnn: x\nBen: y\n\n"
    end = "\n\nAnn: z\nBen: w\n"
    text = (good + block + end).encode("utf-8", "surrogateescape")
    report = examined(text, tmp_path)
    assert [(one.line, one.check) for one in report.problems] == [(7, check)]
    assert report.dialogues == 3


@pytest.mark.parametrize(
    "text",
    [
        "Once upon a time there was a file.\nIt was no table.\n",
        "name: x\nversion: 1\nkeys: no\nmore: yes\n",
        "Dear all,\nplease note: nothing\nRegards: me\n",
    ],
)
def test_other_text_is_no_transcript(text: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetRefused) as refused:
        examined(text, tmp_path)
    assert refused.value.code in ("unknown_format", "missing_columns")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Ann: Hi", "Ann"),
        ("Dr. O'Neil (T): Hi", "Dr. O'Neil (T)"),
        ("咨询师：你好", "咨询师"),
        ("http://x.org", None),
        ("12: 30", None),
        ("I went there and then he said: no", None),
        ("no colon", None),
    ],
)
def test_names(line: str, name: str | None) -> None:
    found = named(line)
    assert (found and found[0]) == name


def test_a_name_that_occurs_once_is_text() -> None:
    before, turns = turns_of("Ann: Hi\nReason: none\nBen: Oh\nAnn: So\nBen: ok")
    assert before == ""
    assert [turn.words for turn in turns] == ["Hi\nReason: none", "Oh", "So", "ok"]
