"""What counts as the same word, and what is shown of a text in which it stands."""

from __future__ import annotations

import pytest

from chat.finding.words import EXCERPT, MOST_WORDS, Piece, Sought, needle


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("sleep", "I cannot SLEEP at night"),
        ("leep", "asleep"),
        ("night cannot", "I cannot sleep at night"),
        ("失眠", "最近一直失眠，很累"),
        ("眠很", "失眠很累"),
        ("抑郁", "我覺得很抑鬱"),
        ("抑鬱", "我觉得很抑郁"),
        ("头发", "頭髮"),
        ("里面", "房間裡面"),
        ("ÉCOLE", "l'école"),
        ("привет", "ПРИВЕТ, как дела"),
        ("a.c", "x A.C y"),
        ("100%", "I am 100% sure"),
        ("(", "so (they) said"),
        ("😀", "fine 😀"),
        ("مرحبا", "مرحبا بك"),
    ],
)
def test_found(typed, text):
    sought = Sought.read(typed)
    assert sought.is_in(text)
    assert any(piece.hit for piece in sought.pieces(text))
    assert "".join(piece.text for piece in sought.pieces(text)) == text


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("sleep tired", "I cannot sleep"),
        ("a.c", "abc"),
        ("%", "all of it"),
        ("_", "a b"),
        ("失眠", "失去睡眠"),
    ],
)
def test_not_found(typed, text):
    assert not Sought.read(typed).is_in(text)


def test_nothing_typed_is_nothing_sought():
    assert Sought.read(" \n\t").words == ()
    assert len(Sought.read(" ".join("abcdefghijklmnop")).words) == MOST_WORDS
    assert Sought.read("a a A").words == (("a",), ("A",))


def test_an_excerpt_is_around_the_first_word_and_short():
    text = "before " * 60 + "the Needle\nis here " + "after " * 80
    pieces = Sought.read("needle").excerpt(text)
    assert [piece.text for piece in pieces if piece.hit] == ["Needle"]
    shown = "".join(piece.text for piece in pieces)
    assert shown.startswith("… before")
    assert shown.endswith("after …")
    assert len(shown) <= EXCERPT + 4
    assert "the Needle is here" in shown


def test_an_excerpt_of_a_short_text_is_all_of_it():
    assert Sought.read("me").excerpt("me too") == [Piece("me", hit=True), Piece(" too")]


@pytest.mark.parametrize("text", ["很" * 500 + "失眠" + "很" * 500, "x" * 500 + "失眠" + "y" * 500])
def test_an_excerpt_without_spaces_still_holds_the_word(text):
    pieces = Sought.read("失眠").excerpt(text)
    assert [piece.text for piece in pieces if piece.hit] == ["失眠"]
    assert len("".join(piece.text for piece in pieces)) <= EXCERPT + 4


def test_overlapping_words_mark_the_longer_one():
    pieces = Sought.read("sleep sleepless").pieces("sleepless")
    assert pieces == [Piece("sleepless", hit=True)]


@pytest.mark.parametrize(
    ("word", "part"),
    [("sleep", "sleep"), ("École", "cole"), ("привет", ""), ("失眠", "失眠"), ("straße", "stra")],
)
def test_what_a_database_is_asked_for(word, part):
    assert needle(word) == part
