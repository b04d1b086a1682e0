"""Chats of messengers: read only with consent, in sessions, with one of them the assistant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits

ANDROID = """31/12/20, 21:15 - Messages and calls are end-to-end encrypted. Tap to learn more.
31/12/20, 21:15 - Ann: Hi
31/12/20, 21:16 - +49 170 1234567: Hello
two lines: of it

and a third
31/12/20, 21:17 - Ann: <Media omitted>
01/01/21, 03:10 - Ann: Still awake?
01/01/21, 09:15 - Ann: Morning
01/01/21, 09:16 - +49 170 1234567: ok: fine
"""
IOS = """[12/31/20, 9:15:30 PM] Ann: Hi
[12/31/20, 9:16:40\u202fPM] Ben: Hello
two lines: of it

and a third
\u200e[12/31/20, 9:17:00 PM] Ann: \u200eimage omitted
[1/1/21, 3:10:00 AM] Ann: Still awake?
[1/1/21, 9:15:30 AM] Ann: Morning
[1/1/21, 9:16:50 AM] Ben: ok: fine
"""
OTHER = """2020-12-31, 21:15 - Ann: Hi
2020/12/31 下午9:16 - Ben: Hello
2020/12/31 下午9:16 - Ben: two lines: of it

and a third
31.12.2020, 21:17 - Ann: <Medien weggelassen>
1.1.2021, 3:10 - Ann: Still awake?
1.1.2021, 9:15 - Ann: Morning
1.1.2021, 9:16 - Ben: ok: fine
"""


def telegram() -> str:
    def one(number: int, at: str, who: str, text: Any, kind: str = "message") -> dict[str, Any]:
        return {"id": number, "type": kind, "date": f"2020-12-{at}", "from": who,
                "from_id": f"user{len(who)}", "text": text}  # fmt: skip

    service = {"id": 0, "type": "service", "date": "2020-12-30T21:00:00", "actor": "Ann",
               "actor_id": "user3", "action": "create", "text": ""}  # fmt: skip
    parts = [{"type": "bold", "text": "Hello"}, "\ntwo lines: of it\n\nand a third"]
    messages = [
        service,
        one(1, "30T21:15:00", "Ann", "Hi"),
        one(2, "30T21:16:00", "Benno", parts),
        {**one(3, "30T21:17:00", "Ann", ""), "photo": "x.jpg"},
        one(4, "31T03:10:00", "Ann", "Still awake?"),
        one(5, "31T09:15:00", "Ann", "Morning"),
        one(6, "31T09:16:00", "Benno", "ok: fine"),
    ]
    chat = {"name": "Benno", "type": "personal_chat", "id": 1, "messages": messages}
    return json.dumps(chat, indent=1)


CHATS = [(ANDROID, "Person 1"), (IOS, "Ben"), (OTHER, "Ben"), (telegram(), "Benno")]
FORMS = ["android", "ios", "other", "telegram"]


def examined(text: str, tmp_path: Path, **options: Any) -> Report:
    path = tmp_path / "chat"
    path.write_text(text, encoding="utf-8")
    limits = Limits(min_dialogues=1)
    return examine(path, tmp_path / "out", Options(limits=limits, validation_fraction=0, **options))


@pytest.mark.parametrize(("text", "helper"), CHATS, ids=FORMS)
def test_it_is_read_only_with_consent_and_a_chosen_assistant(
    text: str, helper: str, tmp_path: Path
) -> None:
    for options, code in (
        ({}, "consent_needed"),
        ({"speaker": helper}, "consent_needed"),
        ({"consent": True}, "speaker_needed"),
        ({"consent": True, "speaker": "Somebody"}, "speaker_needed"),
    ):
        with pytest.raises(DatasetRefused) as refused:
            examined(text, tmp_path, **options)
        assert refused.value.code == code
        assert refused.value.report["speakers"] == ["Ann", helper]
        assert not (tmp_path / "out").exists()
        assert "1234567" not in str(refused.value)


@pytest.mark.parametrize(("text", "helper"), CHATS, ids=FORMS)
def test_sessions_are_dialogues(text: str, helper: str, tmp_path: Path) -> None:
    report = examined(text, tmp_path, consent=True, speaker=helper)
    said = [
        [(one["role"][0], one["content"]) for one in entry["messages"]] for entry in report.preview
    ]
    assert said == [
        [("u", "Hi"), ("a", "Hello\ntwo lines: of it\n\nand a third"), ("u", "Still awake?")],
        [("u", "Morning"), ("a", "ok: fine")],
    ]
    assert report.format == "chat_export"
    assert set(report.problem_counts) == {"media_left_out"}
    assert "1234567" not in report.to_json()


@pytest.mark.parametrize(("text", "helper"), CHATS, ids=FORMS)
def test_the_pause_can_be_chosen(text: str, helper: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(text, encoding="utf-8")
    turns = []
    for hours in (7, 1):
        limits = Limits(min_dialogues=1, pause_hours=hours)
        report = examine(
            path, tmp_path / "out", Options(consent=True, speaker=helper, limits=limits)
        )
        turns.append([len(entry["messages"]) for entry in report.preview])
    # "Still awake?" is said six hours after and six hours and five minutes before.
    assert turns == [[4], [2, 2]]


def test_a_third_person_is_no_part_of_it(tmp_path: Path) -> None:
    report = examined(
        ANDROID + "02/01/21, 23:00 - Ann: So\n02/01/21, 23:00 - Cy: No\n02/01/21, 23:01 - Dan: x\n",
        tmp_path,
        consent=True,
        speaker="Person 1",
    )
    assert [one.check for one in report.problems if one.severity == "error"] == [
        "too_many_speakers"
    ]
    assert report.dialogues == 2


def test_telegrams_whole_export_is_refused_with_advice(tmp_path: Path) -> None:
    whole = {"about": "x", "chats": {"list": [json.loads(telegram())]}}
    with pytest.raises(DatasetRefused) as refused:
        examined(json.dumps(whole), tmp_path, consent=True, speaker="Benno")
    assert "one chat" in f"{refused.value.message} {refused.value.hint}"
