"""What the browser sends back of a talk: read with care, cut to a bound, joined for a model."""

from __future__ import annotations

import json

import pytest

from chat.incognito.transcript import (
    LONGEST,
    LONGEST_SENT,
    Exchange,
    Unreadable,
    read,
    turns_of,
    within,
    written,
)

TALK = [
    Exchange("I cannot sleep “at all”.", "What\nkeeps you awake?", notice="It is an AI."),
    Exchange("我很累", "听起来很辛苦。", card=("suicide", "zh"), quiet=""),
    Exchange("So it goes.", "Does it?", unread=True, told="“I cannot sleep.”"),
]


def test_what_is_written_is_read() -> None:
    assert read(written(TALK)) == TALK
    assert read("") == []
    assert read("[]") == []


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "3",
        "[3]",
        '[{"said": 3, "reply": ""}]',
        '[{"said": "x", "reply": null}]',
        '[{"said": "x", "reply": "y", "told": 3}]',
        '[{"said": "x", "reply": "y", "card": "suicide"}]',
        '[{"said": "x", "reply": "y", "card": ["suicide"]}]',
        "[" * 100_000,
        json.dumps([{"said": "x" * LONGEST_SENT, "reply": ""}]),
    ],
    ids=range(11),
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_the_oldest_go() -> None:
    long = [Exchange(str(number), "y" * (LONGEST // 4)) for number in range(10)]
    assert [one.said for one in within(long)] == ["7", "8", "9"]
    alone = [Exchange("x" * 2 * LONGEST, "")]
    assert within(alone) == alone


def test_what_had_no_reply_is_joined() -> None:
    talk = [Exchange("a", ""), Exchange("b", "c"), Exchange("d", ""), Exchange("e", "")]
    assert [turn.messages for turn in turns_of(talk)] == [
        [{"role": "user", "content": "a\n\nb"}, {"role": "assistant", "content": "c"}],
        [{"role": "user", "content": "d\n\ne"}],
    ]
