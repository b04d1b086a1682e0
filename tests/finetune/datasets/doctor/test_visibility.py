"""What can be seen of a text."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.visibility import is_visible, names_of

NOTHING = {
    "zero width": "\u200b\u200c\u200d\u2060\ufeff",
    "soft hyphen": "\u00ad",
    "direction marks": "\u200e\u200f\u202a\u202e\u2066\u2069\u061c",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "Hangul fillers": "\u3164\uffa0\u115f\u1160",
    "empty Braille": "\u2800\u2800",
    "tags": "\U000e0001\U000e0068\U000e0069",
    "blanks": "\u00a0\u2003\u3000\u2028\u1680",
    "control": "\x01\x1b\x7f\x85",
    "marks on nothing": "\u0301\u20dd",
    "grapheme joiner": "\u034f",
    "no characters": "\ufdd0\U0010ffff",
    "Mongolian separator": "\u180e\u180b",
}
SOMETHING = {
    "Persian": "می\u200cخواهم",
    "Hindi": "क्\u200dष",
    "family": "👩\u200d👩\u200d👧",
    "heart": "❤\ufe0f",
    "keycap": "1\ufe0f\u20e3",
    "flag": "🇮🇩",
    "decomposed": "e\u0301",
    "Korean": "안녕",
    "Braille": "⠓⠊",
    "newer than this Python": "\U0001fae8",
    "punctuation": "…",
    "private": "\ue000",
    "vowel sign": "\u093e",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_nothing_can_be_seen(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(text + "." + text)


@pytest.mark.parametrize("text", SOMETHING.values(), ids=SOMETHING)
def test_something_can_be_seen(text: str) -> None:
    assert is_visible(text)


@given(st.text())
def test_letters_digits_and_signs_are_always_seen(text: str) -> None:
    blank = set("\u115f\u1160\u2800\u3164\uffa0")
    kinds = {unicodedata.category(letter)[0] for letter in text if letter not in blank}
    if kinds & set("LNPS"):
        assert is_visible(text)


def test_characters_are_named_by_their_numbers() -> None:
    assert names_of("\u200b\u200b\ufeff") == "U+200B, U+FEFF"
    assert names_of("\u200b\u200c\u200d\u2060") == "U+200B, U+200C, U+200D, …"


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_a_message_of_nothing_is_missing_content(role: str, text: str, tmp_path: Path) -> None:
    words = {"system": "Be kind.", "user": "می\u200cخواهم", "assistant": "❤\ufe0f"}
    path = tmp_path / "upload.jsonl"
    path.write_text(
        "\n".join(
            json.dumps(
                {"messages": [{"role": name, "content": said} for name, said in one.items()]}
            )
            for one in (words, {**words, role: text})
        )
    )
    report = examine(path, tmp_path / "out", Options(limits=Limits(min_dialogues=1)))
    (problem,) = report.problems
    assert (problem.line, problem.check) == (2, "missing_content")
    assert f"message {list(words).index(role) + 1} has no text" in problem.reason
    assert [item["content"] for item in report.preview[0]["messages"]] == list(words.values())
