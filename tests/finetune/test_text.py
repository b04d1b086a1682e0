"""The one rule of what may enter as text."""

import json

import pytest

from finetune.text import (
    DEEPEST,
    TextRefused,
    json_object,
    json_value,
    mended,
    text_problem,
    whole_number,
)


@pytest.mark.parametrize("text", ["", "a", "é", "😀", "\ufffd", "\u202e", "\n\t\x01", "中文"])
def test_text_passes(text: str) -> None:
    assert text_problem(text) == ""
    assert json_value(json.dumps(text)) == mended(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [("a\0b", "null character"), ("\ud800", "surrogate"), ("x\udfff", "surrogate")],
)
def test_what_is_no_text_is_told(text: str, words: str) -> None:
    assert words in text_problem(text)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None),
        ("9" * 5000, None), ("", None), ("²", None), ("١", None), ("+5", None), ("-1", None),
        ("1e5", None), (" 5", None), ("5\n", None), ("1_0", None), ("5.0", None), ("0x1", None),
    ],
)  # fmt: skip
def test_whole_numbers_are_ascii_digits(raw: str, number: int | None) -> None:
    assert whole_number(raw) == number


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (r'{"a": "\ud800"}', "a", "a: contains half of a surrogate pair"),
        (r'{"a": [{"b": "\u0000"}]}', "a[0].b", "null character"),
        (b'{"a": "\xed\xa0\x80"}', "a", "surrogate"),
        (r'{"a": {"\udc00": 1}}', "a", "a name in it contains half"),
        (r'{"\ud800": 1}', "", "The body: a name in it"),
        ('{"a": 1e400}', "a", "too large a number"),
        ('{"a": [1, 18446744073709551616]}', "a[1]", "more than 64 bits"),
        ('{"a": -18446744073709551616}', "a", "more than 64 bits"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "c", "stands twice"),
    ],
)
def test_a_bad_value_is_told_with_its_place(body: str | bytes, param: str, words: str) -> None:
    with pytest.raises(TextRefused) as caught:
        json_object(body)
    assert caught.value.param == param
    assert words in caught.value.message
    caught.value.message.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"3", b'"x"', b"null", b"\xff", b'{"a": NaN}', b'{"a": Infinity}',
        b'{"a": -Infinity}', b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), b'{"a": 1}{', b'{"a": 1, "a": 1}',
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_told(body: bytes) -> None:
    with pytest.raises(TextRefused) as caught:
        json_object(body)
    assert caught.value.code == "invalid_json"


def test_a_good_body_comes_through_unchanged() -> None:
    body = {"a": [1, -1.5, True, None, "😀", 2**64 - 1], "b": {"c": {}}, "": []}
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert json_object(json.dumps(body, ensure_ascii=False).encode(encoding)) == body
    deep = b'{"a":' * DEEPEST + b"1" + b"}" * DEEPEST
    assert json_object(deep)


def test_halves_are_mended_at_any_depth() -> None:
    value = {"a\ud800": ["x\udfff", {"b": "\ud83d\ude00", "n": 1, "f": None}]}
    assert mended(value) == {"a\ufffd": ["x\ufffd", {"b": "😀", "n": 1, "f": None}]}
