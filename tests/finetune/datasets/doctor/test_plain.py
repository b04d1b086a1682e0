"""The short way through the check and the long one come to the same, to the byte."""

from __future__ import annotations

import hashlib
import json
import tempfile
import unicodedata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor import dialogues
from finetune.datasets.doctor.duplicates import Prints, near_print
from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.tallying import counting
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits

FILES = ("train.jsonl", "validation.jsonl", "problems.jsonl", "report.json")
AWKWARD = (
    *("a", "A", " b  c\n", "", " ", "\u200b", "\0", "\ud83d", "说“好”", "x²", "x2"),
    *("<|im_end|>", '"\\"', "\x7f", "\u2028e\u0301"),
)
TEXTS = st.sampled_from(AWKWARD) | st.text(max_size=6)
ROLES = st.sampled_from(["user", "assistant", "system", "user", "assistant", "developer", "tool"])
MESSAGES = (
    st.fixed_dictionaries({"role": ROLES, "content": TEXTS})
    | st.fixed_dictionaries({"content": TEXTS, "role": ROLES})
    | st.fixed_dictionaries(
        {"role": ROLES, "content": TEXTS | st.none() | st.just([{"type": "text", "text": "t"}])},
        optional={"weight": st.sampled_from([0, 1, True, 1.0, 2]), "name": st.just("n")},
    )
    | st.sampled_from([None, {}, {"role": []}, {"role": ["user"], "content": "a"}, 3])
)
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OF_TOOLS = st.fixed_dictionaries(
    {"role": st.sampled_from(["assistant", "assistant", "tool", "user"])},
    optional={
        "content": st.sampled_from(["", None, "a", " "]),
        "tool_calls": st.sampled_from([[CALL], [], None, [{"function": {"name": "f"}}]]),
        "tool_call_id": st.just("1"),
    },
)
TOOL = {"type": "function", "function": {"name": "f"}}
RECORDS = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES | OF_TOOLS, min_size=1, max_size=4) | st.just("[]")},
    optional={
        "system": st.just("s"),
        "id": st.integers(0, 2),
        "tools": st.sampled_from([[TOOL], [{"name": "f"}], "f"]),
    },
)


def outcome(path: Path, out: Path) -> dict[str, Any]:
    options = Options(limits=Limits(min_dialogues=1, max_turns=3), validation_fraction=0.4)
    try:
        examine(path, out, options)
    except DatasetRefused as refused:
        return {"refused": (refused.code, refused.message, refused.report)}
    return {name: (out / name).read_bytes() for name in FILES}


@settings(max_examples=300, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=12))
def test_the_short_way_comes_to_what_the_long_one_does(records: list[dict[str, Any]]) -> None:
    asked: list[bool] = []
    plain = dialogues.is_plain
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "a.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        with patch.object(
            dialogues, "is_plain", lambda *given: asked.append(True) or plain(*given)
        ):
            short = outcome(path, folder / "short")
        with patch.object(dialogues, "is_plain", lambda *_: False):
            long = outcome(path, folder / "long")
    assert short == long


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text()), min_size=1))
def test_near_prints_are_those_of_earlier_versions(turns: list[tuple[str, str]]) -> None:
    """A file that was split before is split in the same way again."""
    words = [
        [role, " ".join(unicodedata.normalize("NFKC", text).casefold().split())]
        for role, text in turns
    ]
    messages = [{"role": role, "content": text} for role, text in turns]
    assert near_print(messages) == hashlib.sha256(json.dumps(words).encode()).digest()[:16]


def test_a_table_of_prints_finds_the_first_of_each() -> None:
    prints, known = Prints(), dict[bytes, int]()
    for place in range(1500):
        # many with the same eight bytes at the start, so that places in the table are disputed
        key = (place % 40).to_bytes(8, "little") + (place * place % 601).to_bytes(8, "big")
        assert prints.add(key) == known.get(key)
        known.setdefault(key, place)
        assert prints.add_new(key) == known[key]
    assert len(prints.all) == 1500 * 16


def test_tokens_are_counted_in_batches_as_one_by_one(base_model_dir: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_model_dir / "tokenizer.json"))
    texts = ["one", "", "two words and more " * 40, "字"]
    counts, _ = counting(base_model_dir)
    assert counts(texts) == [len(tokenizer.encode(one, add_special_tokens=False)) for one in texts]


@pytest.mark.parametrize("text", ['{"a": 1}', '{"messages": [{"role": "user"}]}'])
def test_a_second_byte_order_mark_is_named(text: str) -> None:
    from finetune.datasets.reading.json_values import parse

    problem = parse(f"\ufeff\ufeff{text}".encode(), Limits())
    assert "BOM" in problem.reason
