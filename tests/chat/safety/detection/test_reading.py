"""`units` and `read`: what a head looks at, and how its scores and the rules come together."""

import numpy as np
import pytest

from chat.safety.detection import Finding, read, reading, units
from chat.safety.heads.head import Head, Threshold
from chat.safety.levels import Level

CLASSES = ("abuse", "despair", "somebody_else", "suicide")
HEAD = Head(
    language="en",
    kind="person",
    classes=CLASSES,
    thresholds={name: Threshold(0.5, 0.9) for name in CLASSES},
    data_sha256="",
    weight=np.zeros((len(CLASSES), 2), np.float32),
    bias=np.zeros(len(CLASSES), np.float32),
)


@pytest.fixture(autouse=True)
def one_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "head_for", lambda language, kind: HEAD)


def said(*turns: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": turn} for turn in turns]


def test_units_are_sentences_the_whole_and_the_last_own_turns() -> None:
    history = [*said("One.", "Two."), {"role": "assistant", "content": "Tell me."}, *said("Three.")]
    assert units("Four. Five!", history) == [
        "four.",
        "five!",
        "four. five!",
        "two.\nthree.\nfour. five!",
    ]
    assert units("  ") == []
    assert units("Just this") == ["just this"]


def test_a_long_message_is_looked_at_whole_in_few_units() -> None:
    text = " ".join(f"This is sentence {number}." for number in range(1_000))
    looked_at = units(text)
    assert len(looked_at) <= 50
    assert all(f"sentence {number}." in " ".join(looked_at) for number in range(0, 800, 97))


def test_scores_are_read_by_their_thresholds() -> None:
    assert read("grey words", scores=[{"suicide": 0.95}]) == Finding(Level.HIGH, "suicide", "head")
    assert read("grey words", scores=[{"suicide": 0.6}]).level == Level.RAISED
    assert read("grey words", scores=[{"suicide": 0.4}]) == Finding()
    assert read("grey words", scores=[{"despair": 0.99}]) == Finding(
        Level.RAISED, "suicide", "head"
    )


def test_worry_about_somebody_else_has_a_card_and_no_level() -> None:
    found = read("grey words", scores=[{"somebody_else": 0.95, "suicide": 0.1}])
    assert (found.level, found.category, found.card) == (Level.ORDINARY, *["somebody_else"] * 2)
    assert read("grey words", scores=[{"somebody_else": 0.7}]) == Finding()


def test_the_gravest_of_rules_and_scores_counts() -> None:
    text = "I want to kill myself. He beats me."
    scores = [{"suicide": 0.1, "abuse": 0.0}] * len(units(text))
    assert read(text, scores=scores).category == "suicide"
    assert read("I took 30 pills", scores=[{"suicide": 0.99}]).card == "emergency"
    assert read("so tired, hopeless", scores=[{"suicide": 0.95}]).source == "head"


def test_scores_have_to_fit_the_units() -> None:
    with pytest.raises(ValueError, match="2 scores for 1 units"):
        read("one", scores=[{}, {}])


def test_the_rules_answer_alone() -> None:
    assert read("I want to kill myself") == Finding(Level.HIGH, "suicide", "suicide.explicit")
    assert read("Lovely weather") == Finding()
