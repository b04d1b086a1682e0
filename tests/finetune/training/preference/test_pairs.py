"""Pairs as ids: one prompt, labels on the replies alone, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.data import IGNORED
from finetune.training.exceptions import LeftOut
from finetune.training.preference.pairs import collate_pairs, in_batches, pair_encoded
from tests.finetune.training.preference.conftest import pair


@pytest.fixture(scope="module")
def chat(tiny_model_dir: Path) -> ChatFormat:
    from finetune.training.model import load_tokenizer

    return ChatFormat(load_tokenizer(str(tiny_model_dir))[0])


def labelled(chat: ChatFormat, example: Any) -> str:
    return chat.text(token for token in example.labels if token != IGNORED)


def test_both_sequences_begin_alike_and_only_the_replies_are_labelled(chat: ChatFormat) -> None:
    record = pair(3)
    record["messages"] = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "An earlier reply"},
        *record["messages"],
    ]
    (made,) = pair_encoded(chat, record, "Be kind.", 200)
    assert labelled(chat, made.chosen).strip() == record["chosen"]["content"]
    assert labelled(chat, made.rejected).strip() == record["rejected"]["content"]
    prompt = len(made.chosen.labels) - made.chosen.label_count
    assert made.chosen.input_ids[:prompt] == made.rejected.input_ids[:prompt]
    assert "Be kind." in chat.text(made.chosen.input_ids)
    assert made.length == len(made.chosen.input_ids) + len(made.rejected.input_ids)


def test_what_cannot_be_learned_is_left_out_with_its_reason(chat: ChatFormat) -> None:
    with pytest.raises(LeftOut, match="longest length") as long:
        pair_encoded(chat, pair(1), "", 16)
    assert long.value.kind == "too_long"
    with pytest.raises(LeftOut, match="not a pair") as single:
        pair_encoded(chat, {"messages": [{"role": "user", "content": "Hi"}]}, "", 100)
    assert single.value.kind == "unreadable"
    alike = pair(1)
    alike["rejected"] = {"role": "assistant", "content": alike["chosen"]["content"] + " Or not?"}
    whole = pair_encoded(chat, alike, "", 200)[0]
    with pytest.raises(LeftOut, match="the same"):
        pair_encoded(chat, alike, "", whole.chosen.length - 3)


def test_a_batch_has_all_chosen_ones_first(chat: ChatFormat) -> None:
    pairs = [pair_encoded(chat, pair(number), "", 100)[0] for number in (1, 22, 333)]
    for number, one in enumerate(pairs):
        one.reference = (-1.0 - number, -10.0 - number)
    batch = collate_pairs(pairs, pad=0)
    assert batch["input_ids"].shape[0] == 6
    assert batch["reference"].tolist() == [-1.0, -2.0, -3.0, -10.0, -11.0, -12.0]
    assert batch["input_ids"][4][: pairs[1].rejected.length].tolist() == list(
        pairs[1].rejected.input_ids
    )
    assert [len(part) for part in in_batches(pairs, 2)] == [2, 1]
