"""Lines in the form that this site writes take a short way; what comes of a file is the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor import dialogues
from finetune.datasets.doctor.control_tokens import WELL_KNOWN, ControlTokens
from finetune.datasets.doctor.duplicates import exact_text
from finetune.datasets.doctor.examination import FILES, examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.turns.plain import is_plain
from finetune.datasets.reading import records
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.json_values import own_record, parse
from finetune.datasets.reading.limits import Limits

AWKWARD = (
    *(
        "a",
        "A",
        " a",
        "a\n\n b\tc",
        "",
        " ",
        "\u200b",
        "\0",
        "\ud83d",
        "说“好”",
        "x²",
        "x2",
        "\x85",
    ),
    *("<|im_end|>", '"\\"', "\\u0041", "\\/", "\x7f", "\x1f", "\u2028e\u0301", "ﬁ ẞ İ", "😀\u200d"),
    *('"}, {"role": "', '", "content": "', '"}]}', "[]{}", "\ufeff"),
)
TEXTS = (
    st.sampled_from(AWKWARD) | st.text(max_size=6) | st.lists(st.sampled_from(AWKWARD)).map("".join)
)
TURNS = st.tuples(
    st.sampled_from(["user", "assistant", "user", "assistant", "system", "tool"]), TEXTS
)
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": "b"}'}}
TOOL = {"type": "function", "function": {"name": "f"}}
SAID = TURNS.map(lambda turn: {"role": turn[0], "content": turn[1]})
CALLS = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.sampled_from(["", None, "a", "\u200b"])},
    optional={"tool_calls": st.sampled_from([[CALL], [CALL, CALL], [], [{}]])},
)
RESULTS = st.fixed_dictionaries(
    {"role": st.just("tool"), "content": st.sampled_from(["", None, "a"])},
    optional={"tool_call_id": st.just("1"), "name": st.just("f")},
)
TALKS = st.fixed_dictionaries(
    {"messages": st.lists(SAID | SAID | SAID | CALLS | RESULTS, min_size=1, max_size=4)},
    optional={"tools": st.sampled_from([[TOOL], [], "f"])},
)
# A line as this site writes it, as others do, and as nobody should.
WAYS: tuple[dict[str, Any], ...] = (
    *({"ensure_ascii": False}, {"ensure_ascii": False}, {}),
    *({"separators": (",", ":"), "ensure_ascii": False}, {"sort_keys": True}),
)
PIECES = (
    *(b'"', b"\\", b"}", b"{", b",", b" ", b"\n", b"\r", b"\x00", b"\x1f", b"\xff", b"\\u0041"),
    *(b', "content": "b"', b'"role": "user", ', b"}, ", b'{"messages": [', b"\xef\xbb\xbf", b"\\/"),
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    text = json.dumps(draw(TALKS), **draw(st.sampled_from(WAYS)))
    line = text.encode("utf-8", "surrogatepass") + b"\n"
    if draw(st.integers(0, 3)) == 0:  # something is put in, or taken out, somewhere
        at = draw(st.integers(0, len(line)))
        piece = draw(st.sampled_from(PIECES))
        line = line[:at] + piece + line[at + draw(st.integers(0, 2)) :]
    return line


@settings(max_examples=1500, deadline=None)
@given(lines())
@example(b'{"messages": [{"role": "assistant", "content": "a"{"messages": [{"role": "user"}]}\n')
@example(b'{"messages": [{"role": "assistant", "content": "a", "content": "b"}]}\n')
@example(b'}, {"role": "assistant", "content": "a"}]}\n')
@example(b'{"messages": [{"role": "assistant", "content": "a"}]}}\n')
@example(b'{"messages": [{"role": "assistant", "content": "\\ud83d"}]}\n')
@example(b'{"messages": [{"role": "assistant", "content": "a", "tool_calls": []}]}\n')
@example(b'{"messages": [{"role": "assistant", "content": "a"}], "tools": []}\n')
@example(b'{"messages": [{"role": "assistant", "content": "a\x1fb"}]}\n')
def test_a_line_is_taken_for_our_own_only_where_nothing_is_to_be_done(line: bytes) -> None:
    own = own_record(line)
    value = parse(line, Limits())
    if own is not None:
        assert own == (value, line.decode())
        assert is_plain(value["messages"], 10)
        assert json.dumps(value, ensure_ascii=False) + "\n" == own[1]
    elif (
        not isinstance(value, RecordProblem)
        and is_plain(value.get("messages"), 10)
        and len(value) == 1
    ):
        messages = [{"role": one["role"], "content": one["content"]} for one in value["messages"]]
        written = json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
        # What the site does not write so, or has to write by numbers, takes the long way.
        assert line != written or b"\\u" in line or b"\\/" in line


def outcome(path: Path, out: Path) -> dict[str, Any]:
    options = Options(limits=Limits(min_dialogues=1, max_turns=3), validation_fraction=0.4)
    try:
        examine(path, out, options)
    except DatasetRefused as refused:
        return {"refused": (refused.code, refused.message, refused.report)}
    return {name: (out / name).read_bytes() for name in FILES}


@settings(max_examples=200, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=12))
def test_both_ways_through_the_check_write_the_same(those: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "a.jsonl"
        path.write_bytes(b"".join([*those, *those[:2]]))
        short = outcome(path, folder / "short")
        with (
            patch.object(records, "own_record", lambda _: None),
            patch.object(dialogues, "is_plain", lambda *_: False),
        ):
            long = outcome(path, folder / "long")
    assert short == long


def test_our_own_lines_take_the_short_way(tmp_path: Path) -> None:
    """All of the training file of a check, when that is checked again, with other limits too."""
    turns = [
        {"role": "user", "content": 'Was "so"?\n\\ 好'},
        {"role": "assistant", "content": "Ja."},
    ]
    talks = [{"messages": [*turns, {"role": "user", "content": f"{n}?"}]} for n in range(20)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(talk) + "\n" for talk in talks), encoding="utf-8")
    examine(path, tmp_path / "first", Options(validation_fraction=0))
    own = tmp_path / "first/train.jsonl"
    assert all(own_record(line) for line in own.read_bytes().splitlines(keepends=True))
    with patch.object(records, "parse", side_effect=AssertionError("the long way")):
        examine(own, tmp_path / "second", Options(validation_fraction=0))
    assert (tmp_path / "second/train.jsonl").read_bytes() == own.read_bytes()
    for limits in (Limits(max_depth=2), Limits(max_turns=2)):
        with pytest.raises(DatasetRefused, match="None of the 20 records"):
            examine(own, tmp_path / "third", Options(limits=limits))


WEIGHED = st.tuples(
    st.sampled_from(["user", "assistant", "system"]),
    st.sampled_from(
        ["", "a", "b", "user", "assistant", "[False, True]", "True", "tools []", "[{}]"]
    ),
    st.sampled_from([None, 0, 1]),
    st.sampled_from([{}, {}, {"tool_calls": [CALL]}, {"tool_call_id": "1"}, {"name": "f"}]),
)
WEIGHED_TALKS = st.lists(WEIGHED, min_size=1, max_size=3)
TOOLS = st.sampled_from([None, None, [TOOL], [TOOL, TOOL]])


@settings(max_examples=500, deadline=None)
@given(WEIGHED_TALKS, WEIGHED_TALKS, TOOLS, TOOLS)
def test_exact_texts_are_equal_where_the_same_is_learned(
    one: Any, other: Any, tools: Any, others: Any
) -> None:
    def learned(talk: Any) -> Any:
        return [(role, text, role != "assistant" or kept != 0, of) for role, text, kept, of in talk]

    def messages(talk: Any) -> list[dict[str, Any]]:
        return [
            {"role": role, "content": text} | of | ({} if weight is None else {"weight": weight})
            for role, text, weight, of in talk
        ]

    for second in (other, one, [(role, text, 1, of) for role, text, _, of in one]):
        same = exact_text(messages(one), tools) == exact_text(messages(second), others)
        assert same == (learned(one) == learned(second) and tools == others)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text("<|[]ab/. ", min_size=1, max_size=4), max_size=4),
    st.lists(st.sampled_from(WELL_KNOWN) | st.text("<|[]ab/._ISNT", max_size=6)).map("".join),
)
def test_control_tokens_are_seen_where_they_are_found(tokens: list[str], text: str) -> None:
    finder = ControlTokens(tokens)
    assert finder.are_in(text) == bool(finder.found_in(text))
