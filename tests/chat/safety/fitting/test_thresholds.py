"""Thresholds keep to their false alarms; samples and noise say what they are."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from chat.safety.fitting.noise import noisy
from chat.safety.fitting.samples import CLASSES, Sample, is_left_out, samples
from chat.safety.fitting.sentences import Example
from chat.safety.fitting.thresholds import ALLOWED, Scores, limit, report, thresholds
from chat.safety.heads.head import NEVER, Head

PUBLIC = {
    "psyguard/valid.json": "[]",
    "counsel_chat/20200325_counsel_chat.csv": "questionID,topic,questionText\n1,work,My boss.\n",
    "cpsycoun/CPsyCounD.jsonl": "",
    "gsm8k/train.jsonl": '{"question": "Two and two?", "answer": "<<2+2=4>>4 it is.\\n#### 4"}',
}
LEFT_OUT = [
    *(Example((f"plain talk number {n}",), frozenset(), "") for n in range(100)),
    *(Example((f"grave talk number {n}",), frozenset({"suicide"}), "") for n in range(50)),
]


def judged(texts: Sequence[str]) -> list[Scores]:
    """Grave ones high, plain ones up to a half by their number."""
    found = []
    for text in texts:
        number = int(text.split()[-1]) / 200
        found.append(dict.fromkeys(CLASSES["person"], 0.45 + number if "grave" in text else number))
    return found


def test_thresholds_keep_to_the_false_alarms_that_are_allowed() -> None:
    found = thresholds("person", "en", LEFT_OUT, [], judged)
    plain = [n / 200 for n in range(100)]
    middle, high = found["danger"].middle, found["danger"].high
    assert sum(score >= middle for score in plain) <= 100 * ALLOWED["person", "en"].near[0]
    assert sum(score >= high for score in plain) <= 100 * ALLOWED["person", "en"].near[1]
    assert middle < high
    assert found["suicide"] == NEVER
    assert found["despair"] != NEVER


def test_public_talk_makes_them_stricter_and_never_looser() -> None:
    alone = thresholds("person", "en", LEFT_OUT, [], judged)
    heard = [[f"a plain talk {n}", f"and more of it {n + 90}"] for n in range(100)]
    both = thresholds("person", "en", LEFT_OUT, heard, judged)
    assert all(both[name].middle >= alone[name].middle for name in alone)
    assert both["danger"].high > alone["danger"].high


def test_the_report_counts_what_was_left_out() -> None:
    found = thresholds("person", "en", LEFT_OUT, [], judged)
    head = Head("en", "person", CLASSES["person"], found, "", *shaped())
    counts = report("person", head, LEFT_OUT, judged)
    assert counts["ordinary"][0] == 100
    assert counts["suicide"][0] == 50
    assert counts["suicide"][1] >= counts["suicide"][2] > 0


def shaped() -> tuple[np.ndarray, np.ndarray]:
    number = len(CLASSES["person"])
    return np.zeros((number, 2), np.float32), np.zeros(number, np.float32)


def test_a_limit_of_none_is_nothing() -> None:
    assert limit([], 0.05) == 0
    assert limit([0.9], 1) == 0


def test_nothing_left_out_is_trained_on(tmp_path: Path) -> None:
    for name, text in PUBLIC.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    trained, left_out = samples(tmp_path)
    assert {language for language, _, _ in left_out} == {"en", "zh"}
    assert not {each.text for each in trained} & {each.text for _, _, each in left_out}
    assert all(is_left_out(each.text) for _, _, each in left_out)
    assert 0.08 < len(left_out) / (len(trained) + len(left_out)) < 0.16
    assert "4 it is." in {each.text for each in trained}
    assert all(len(each.targets) == len(CLASSES[each.kind]) for each in trained)


def test_psyguard_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="psyguard"):
        samples(tmp_path)


def test_noise_keeps_classes_and_the_sentence() -> None:
    calm = [Sample("a calm one.", "en", "reply", frozenset())]
    sample = Sample("you only need me.", "en", "reply", frozenset({"only_me"}))
    made = [noisy(random.Random(seed), sample, calm) for seed in range(200)]
    assert all(each.classes == sample.classes and each.kind == "reply" for each in made)
    assert any(each.text == "a calm one.\nyou only need me." for each in made)
    assert sum("you only need me" in each.text for each in made) > 150
