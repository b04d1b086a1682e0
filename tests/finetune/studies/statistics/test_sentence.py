"""The sentence says what its numbers say: its kind, its digits, and what is lacking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.studies.made_scores import Setting, made_arms
from finetune.studies.statistics.differences import Difference, compare
from finetune.studies.statistics.figures import MINUS
from finetune.studies.statistics.sentence import SENTENCES, Kind, Sentence, sentence_of
from finetune.studies.statistics.variances import Variances

BASE = compare(*made_arms(np.random.default_rng(0), Setting(3, 100, 0.5), 2))


def difference(estimate: float, low: float, high: float, **changes: object) -> Difference:
    return replace(BASE, estimate=estimate, low=low, high=high, **changes)  # type: ignore[arg-type]


def said(one: Difference | None, **more: object) -> Sentence:
    return sentence_of(one, "The circuit", "its equal-size twin", 0.005, **more)  # type: ignore[arg-type]


def spread(of_seeds: float, of_dialogues: float) -> Variances:
    return Variances(of_seeds, of_dialogues, 0.0)


def test_no_difference_with_seeds_that_are_lacking():
    one = difference(-0.003, -0.0141, 0.0109, variances=spread(2.2e-5, 1e-6))
    sentence = said(one)
    more = sentence.numbers["more_seeds"]
    assert sentence.kind is Kind.NO_DIFFERENCE
    assert more > 1
    assert sentence.english == (
        "The circuit added −0.003 (−0.014 to 0.011) over its equal-size twin on test: no"
        f" difference was found; {more} more seeds would be needed to see 0.005."
    )
    assert sentence.numbers["low"] == -0.0141
    assert sentence.numbers["dialogues_needed"] is None


@pytest.mark.parametrize(
    ("variances", "words"),
    [
        (spread(1e-6, 1e-6), "; 1 more seed would be needed to see 0.005."),
        (spread(5e-6, 1e-6), "; 6 more seeds would be needed to see 0.005."),
        (spread(1e-7, 1e-7), "; one of 0.005 would have been seen four times in five."),
        (spread(10.0, 1e-6), "; more than 1000 seeds would be needed to see 0.005."),
        (spread(5e-7, 1e-3), "; 65000 dialogues would be needed to see 0.005."),
        (spread(1e-6, 1e-3), "; 65000 dialogues and 1 more seed would be needed to see 0.005."),
        (spread(1e-5, 1e-3), "; 65000 dialogues and 17 more seeds would be needed to see 0.005."),
        (
            spread(10.0, 1e-3),
            "; 65000 dialogues and more than 1000 seeds would be needed to see 0.005.",
        ),
    ],
)
def test_what_is_lacking(variances, words):
    one = difference(0.001, -0.02, 0.02, variances=variances)
    assert said(one).english.endswith(words)


@pytest.mark.parametrize(
    ("numbers", "better", "kind", "words"),
    [
        ((-0.012, -0.02, -0.004), "lower", Kind.LOWER, ": lower, which is better."),
        ((-0.012, -0.02, -0.004), "higher", Kind.LOWER, ": lower, which is worse."),
        ((0.012, 0.004, 0.02), "lower", Kind.HIGHER, ": higher, which is worse."),
        ((0.012, 0.004, 0.02), "higher", Kind.HIGHER, ": higher, which is better."),
        (
            (-0.002, -0.003, -0.001),
            "lower",
            Kind.LOWER,
            ": lower, which is better, but by less than 0.005.",
        ),
        (
            (0.002, 0.001, 0.003),
            "lower",
            Kind.HIGHER,
            ": higher, which is worse, but by less than 0.005.",
        ),
        ((0.001, -0.002, 0.004), "lower", Kind.EQUIVALENT, ": no difference larger than 0.005."),
    ],
)
def test_what_was_found(numbers, better, kind, words):
    sentence = said(difference(*numbers), better=better)
    assert sentence.kind is kind
    assert sentence.english.endswith(words)


def test_one_seed_is_no_finding():
    sentence = said(difference(-0.5, -0.6, -0.4, seeds=1))
    assert sentence.kind is Kind.ONE_SEED
    assert sentence.english == (
        "The circuit added −0.500 (−0.600 to −0.400) over its equal-size twin on test, with one"
        " seed: the interval is over dialogues, not over seeds."
    )


def test_identical_arms_and_arms_that_cannot_be_compared():
    assert said(difference(0.0, 0.0, 0.0, identical=True)).english == (
        "The circuit and its equal-size twin scored the same on each dialogue of test, under"
        " every seed."
    )
    sentence = said(None)
    assert sentence.kind is Kind.NOT_ENOUGH
    assert "The circuit cannot be compared with its equal-size twin on test" in sentence.english


def test_a_sentence_can_be_put_into_another_language():
    """As `finetune.templatetags.words.said` does it: a text that can be looked up, and values."""
    sentence = said(difference(0.01, 0.002, 0.02))
    assert sentence.text in SENTENCES.values()
    (part,) = sentence.parts
    assert part["text"] % part["values"] == sentence.english
    assert all(isinstance(value, str) for value in part["values"].values())


ENDS = st.floats(-0.1, 0.1) | st.floats(-1e-4, 1e-4) | st.sampled_from([0.005, -0.005, 0.0])


@settings(deadline=None)
@given(ENDS, ENDS, ENDS)
def test_no_sentence_contradicts_itself(one, two, three):
    low, estimate, high = sorted((one, two, three))
    sentence = said(difference(estimate, low, high))
    printed = {
        name: float(sentence.values[name].replace(MINUS, "-"))
        for name in ("low", "estimate", "high")
    }
    assert printed["low"] <= printed["estimate"] <= printed["high"]
    excludes_zero = printed["low"] > 0 or printed["high"] < 0
    assert excludes_zero == (sentence.kind in (Kind.LOWER, Kind.HIGHER))
    if "which is better" in sentence.english:
        assert printed["high"] < 0
    within = printed["low"] >= -0.005 and printed["high"] <= 0.005
    if "larger than 0.005" in sentence.english or "less than 0.005" in sentence.english:
        assert within
