"""Replies are counted by their signs; pairs hide which side is which until they are unblinded."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.chat.assistant_replies import __main__ as replies
from benchmarks.chat.assistant_replies.signs import counted, loops

EN = {"id": "en-01", "language": "en", "text": "My sister sold the boat without asking me."}
ZH = {"id": "zh-01", "language": "zh", "text": "师傅去世了，他的工具箱还放在我车上。"}
GOOD = "She sold the boat without asking, and that must hurt. What did the boat mean to you both?"
GOOD_ZH = "师傅走了，工具箱还在车上，看到它一定很难过。他以前都用这个工具箱做些什么？"


@pytest.mark.parametrize(("opening", "reply"), [(EN, GOOD), (ZH, GOOD_ZH)])
def test_a_good_reply_shows_every_good_sign(opening, reply):
    signs = counted(opening, reply, "stop")
    bad = {"loop", "cut off", "held by a rule of the gate"}
    assert {name for name, shown in signs.items() if not shown} == bad


@pytest.mark.parametrize(
    ("opening", "reply", "finish", "sign", "shown"),
    [
        (EN, "I am here for you. It is hard. I am here for you. It is hard.", "stop", "loop", True),
        (ZH, "慢慢来，一切都会过去的，" * 4, "length", "loop", True),
        (ZH, "说来吧＃＃＃＃＃＃＃＃＃＃＃＃", "length", "loop", True),
        (EN, "You could talk to her and", "stop", "cut off", True),
        (EN, GOOD, "length", "cut off", True),
        (EN, "That sounds hard. What happened?", "stop", "takes up a word", False),
        (ZH, "听起来很难受。发生了什么？", "stop", "takes up a word", False),
        (EN, "That sounds hard.", "stop", "asks", False),
        (EN, "Why? How? When?", "stop", "asks once", False),
        (ZH, GOOD, "stop", "language kept", False),
        (EN, "You should take 20 mg of it tonight.", "stop", "held by a rule of the gate", True),
    ],
)
def test_each_sign_is_seen(opening, reply, finish, sign, shown):
    assert counted(opening, reply, finish)[sign] is shown


def test_repeating_a_word_is_no_loop():
    assert not loops(
        "You miss the boat, and you miss her. Missing hurts. What is missing most?", "en"
    )


def test_the_openings_are_forty_and_twenty_and_not_in_the_demo_sets():
    rows = replies.rows_of(replies.OPENINGS)
    assert Counter(row["language"] for row in rows) == {"en": 40, "zh": 20}
    assert len({row["text"] for row in rows}) == 60
    folder = Path("finetune/datasets/demo")
    trained = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.jsonl"))
    assert not [row["text"] for row in rows if row["text"] in trained]


def written(folder, name, texts):
    rows = [
        {"id": f"en-{place:02d}", "language": "en", "text": "Hello", "draft": 0, "reply": text}
        for place, text in enumerate(texts)
    ]
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_pairs_are_shuffled_and_unblinded(tmp_path):
    count = 40
    first = written(tmp_path, "base", [f"base {n}" for n in range(count)])
    second = written(tmp_path, "tuned", [f"tuned {n}" for n in range(count)])
    replies.pairs(first, second, tmp_path / "pairs", 9)
    text = (tmp_path / "pairs" / "pairs.txt").read_text()
    key = json.loads((tmp_path / "pairs" / "key.json").read_text())
    assert 10 < sum(sides["A"] == "base" for sides in key.values()) < 30
    for name, sides in key.items():
        for side in "AB":
            assert f"\n{side}: {sides[side]} {int(name[3:])}\n" in text
    # a judge who likes the tuned one on even openings and nothing on odd ones
    lines = [
        f"{name} {next(s for s in 'AB' if sides[s] == 'tuned') if int(name[3:]) % 2 == 0 else '='}"
        for name, sides in key.items()
    ]
    (tmp_path / "pairs" / "judgements.txt").write_text("\n".join(lines))
    assert replies.unblind(tmp_path / "pairs") == {"en": {"tuned": 20, "=": 20}}


def test_a_judgement_counts_once(tmp_path):
    (tmp_path / "key.json").write_text(json.dumps({"en-01": {"A": "base", "B": "tuned"}}))
    (tmp_path / "judgements.txt").write_text("en-01 A\nen-01 B\n")
    with pytest.raises(KeyError):
        replies.unblind(tmp_path)


def test_the_report_is_printed_by_language(tmp_path, monkeypatch, capsys):
    path = tmp_path / "tuned.jsonl"
    rows = [EN | {"reply": GOOD, "finish": "stop"}, ZH | {"reply": GOOD_ZH, "finish": "length"}]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    monkeypatch.setattr(sys, "argv", ["assistant_replies", "report", str(path)])
    replies.main()
    english, chinese = capsys.readouterr().out.split("tuned, zh")
    assert "cut off                        0" in english
    assert "cut off                        1" in chinese
