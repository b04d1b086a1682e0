"""What hides a grave word is undone; every other word stays as it was typed."""

import pytest

from chat.safety.detection.normalising import normalised


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("I want to k1ll mys3lf", "i want to kill myself"),
        ("k i l l   m y s e l f", "kill   myself"),
        ("s.u.i.c.i.d.e", "suicide"),
        ("i wanna d-i-e", "i wanna die"),
        ("su*cide and k*ll", "suicide and kill"),
        ("kiiillll myyyself", "kill myself"),
        ("d!e", "die"),
        ("k\u200bill my\u00adself", "kill myself"),
        ("ѕuісіdе", "suicide"),
        ("sucide, suiside, suicidl", "suicide, suicide, suicidal"),
        ("killmyself tn", "kill myself tonight"),
        ("20 p1lls", "20 pills"),
        ("ｓｕｉｃｉｄｅ", "suicide"),
    ],
)
def test_grave_words_are_written_out(typed: str, meant: str) -> None:
    assert normalised(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "i am 12 and it costs $40",
        "the u.s.a. and the u.k.",
        "a b c d e f g",
        "f*ck this",
        "c'mon, that's it",
        "my skills and my kilt",
        "room 4b, flat 1a, 7-eleven",
        "我今天很累",
    ],
)
def test_other_words_stay(typed: str) -> None:
    assert normalised(typed) == typed
