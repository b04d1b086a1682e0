"""The catalogue's numbers are those of the architectures, and its formulas those on the page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from finetune.bases.catalogue.entries import ENTRIES, Entry
from finetune.bases.catalogue.sizes import LOGITS, Sizes
from tests.conftest import SHAPES

PUBLISHED = {  # what the models' cards or their safetensors say, in numbers
    "smollm2-135m-instruct-original": 134_515_008,
    "smollm2-360m-instruct": 361_821_120,
    "smollm2-1-7b-instruct": 1_711_376_384,
    "qwen2-5-0-5b-instruct": 494_032_768,
    "qwen2-5-1-5b-instruct": 1_543_714_304,
    "qwen2-5-3b-instruct": 3_085_938_688,
    "qwen2-5-7b-instruct": 7_615_616_512,
    "llama-3-2-1b-instruct": 1_235_814_400,
    "llama-3-2-3b-instruct": 3_212_749_824,
    "gemma-3-270m-it": 268_098_176,
    "gemma-3-1b-it": 999_885_952,
    "deepseek-r1-distill-qwen-1-5b": 1_777_088_000,
    "deepseek-r1-distill-qwen-7b": 7_615_616_512,
}


def config_of(entry: Entry) -> Any:
    from transformers import Gemma3TextConfig, LlamaConfig, Qwen2Config, Qwen3Config

    kinds = {"smollm2": LlamaConfig, "llama": LlamaConfig, "qwen2": Qwen2Config,
             "qwen3": Qwen3Config, "gemma": Gemma3TextConfig, "deepseek": Qwen2Config}  # fmt: skip
    kind = next(kind for name, kind in kinds.items() if entry.slug.startswith(name))
    shape = entry.shape
    return kind(
        num_hidden_layers=shape.layers, hidden_size=shape.hidden, head_dim=shape.head,
        intermediate_size=shape.intermediate, num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads, vocab_size=shape.vocabulary,
        tie_word_embeddings=shape.tied, pad_token_id=0,
    )  # fmt: skip


@pytest.mark.parametrize("slug", ENTRIES)
def test_numbers_are_those_of_the_architecture(slug: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from finetune.bases.files.inspect import sizes_of

    entry = ENTRIES[slug]
    config = config_of(entry)
    with torch.device("meta"):
        network = AutoModelForCausalLM.from_config(config)
    assert Sizes(**sizes_of(network)) == entry.sizes
    assert entry.sizes.parameters == PUBLISHED.get(slug, entry.sizes.parameters)


def test_no_revision_is_written_down() -> None:
    import inspect

    from finetune.bases.catalogue import entries

    assert not re.search(r"\b[0-9a-f]{40}\b", inspect.getsource(entries))


def test_memory_by_hand() -> None:
    sizes = Sizes(
        parameters=1000, layers=2, hidden=10, intermediate=30, query=12, keys=4, vocabulary=50
    )
    assert sizes.chat_bytes() == (1000 + 2 * 2 * 4 * 4096) * 4 + 600_000_000
    assert sizes.chat_bytes(2) == (1000 + 2 * 2 * 4 * 4096) * 2 + 600_000_000
    kept = 2 * (60 + 48 + 90)
    step = 1000 + kept * 1536 + 900 * 50 + 2 * 900 * 10
    assert sizes.train_bytes() == step * 4 + 470_000_000
    wider = sizes.train_bytes(100, 7, wider=30, trained=11)
    assert wider == (1000 + 100 * (kept + 30) + 7 * 50 + 2 * 7 * 10 + 4 * 11) * 4 + 470_000_000
    assert (
        replace(sizes, vocabulary=2**20).train_bytes(100, 90)
        == (1000 + 100 * kept + 8 * 2**20 + 2 * 90 * 10) * 4 + 470_000_000
    )
    assert Sizes.read(sizes.to_dict()) == sizes
    assert Sizes.read({}) is None


def test_sizes_of_a_base_that_was_inspected_before_they_were_kept() -> None:
    entry = ENTRIES["smollm2-135m-instruct-original"]
    shapes = {name: (out, wide) for name, (out, wide) in SHAPES.items()}
    assert Sizes.of_shapes(shapes, entry.sizes.parameters) == entry.sizes
    assert Sizes.of_shapes({"h.0.c_attn": (3, 1)}, 9) is None


def test_the_trainer_holds_as_many_logits_as_the_formula_says() -> None:
    head = pytest.importorskip("finetune.training.loop.head")
    assert head.LOGITS == LOGITS


def test_every_family_of_the_issue_is_there() -> None:
    names = " ".join(ENTRIES)
    for family in ("smollm2-360m", "smollm2-1-7b", "qwen2-5-7b", "qwen3-4b", "llama-3-2-3b",
                   "gemma-3-270m", "deepseek-r1-distill-qwen-7b"):  # fmt: skip
        assert family in names
    assert all(entry.asks == (entry.licence[0] in {"Gemma", "Llama 3.2 Community"})
               for entry in ENTRIES.values())  # fmt: skip
