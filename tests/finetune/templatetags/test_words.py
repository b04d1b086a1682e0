"""Numbers as a person reads them."""

import doctest

import pytest

from finetune.templatetags import words


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under 1 s"),
        (1, "1 s"),
        (59.6, "1 min"),
        (3600, "1 h"),
        (3659, "1 h"),
        (7325, "2 h 2 min"),
    ],
)
def test_a_span_in_its_two_largest_units(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize("filter_", [words.duration, words.count, words.short, words.fixed])
@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_a_dash(filter_, nothing):
    assert filter_(nothing) == "–"
