"""Fitting: the same twice, finds what it was shown, keeps to its false alarms."""

from collections.abc import Sequence

import numpy as np
import pytest

from chat.safety.fitting.fit import Recipe, Talk, head_fit
from chat.safety.fitting.sentences import Example
from chat.safety.levels import Level

GRAVE = [f"grave words {number}" for number in range(30)]
LIGHT = [f"light words {number}" for number in range(60)]
SENTENCES = [
    *[
        Example((text,), frozenset({"sad" if place % 2 else "mad"}), "")
        for place, text in enumerate(GRAVE)
    ],
    *[Example((text,), frozenset(), "") for text in LIGHT],
]
TALK = Talk([f"calm {n}" for n in range(40)], [[f"calm talk {n}", "and more"] for n in range(80)])


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Two features: whether it is grave, and something that says nothing."""
    return np.array(
        [[float("grave" in text), (len(text) * 7 % 5) / 10] for text in texts], np.float32
    )


def recipe(width: float) -> Recipe:
    pooled = {"danger": frozenset({"sad", "mad"})}
    return Recipe("xx", "person", ("two",), pooled, penalty=1e-4, width=width)


@pytest.mark.parametrize("width", [0.0, 1.0])
def test_a_head_finds_what_it_was_shown_and_keeps_quiet_otherwise(width: float) -> None:
    head = head_fit(recipe(width), SENTENCES, TALK, vectors)
    assert head.classes == ("danger", "mad", "sad")
    found = [head.level("danger", each["danger"]) for each in head.scores(vectors(GRAVE))]
    assert found == [Level.HIGH] * len(GRAVE)
    calm = head.scores(vectors([*LIGHT, *TALK.fitted]))
    assert all(head.level("danger", each["danger"]) == Level.ORDINARY for each in calm)
    assert all(one.middle <= one.high for one in head.thresholds.values())


@pytest.mark.parametrize("width", [0.0, 1.0])
def test_fitting_twice_gives_the_same(width: float) -> None:
    first, second = (head_fit(recipe(width), SENTENCES, TALK, vectors) for _ in range(2))
    assert np.array_equal(first.weight, second.weight)
    assert first.thresholds == second.thresholds
    assert first.data_sha256 == second.data_sha256
