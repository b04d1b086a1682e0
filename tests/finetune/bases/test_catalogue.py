"""The catalogue's numbers are those of the architectures, and its formulas those on the page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from finetune.bases.catalogue.entries import ENTRIES, Entry
from finetune.bases.catalogue.sizes import Sizes

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
    kept = 2 * (60 + 48 + 90) + 200
    assert sizes.train_bytes() == (1000 + kept * 1536) * 4 + 600_000_000
    assert Sizes.read(sizes.to_dict()) == sizes
    assert Sizes.read({}) is None


def test_every_family_of_the_issue_is_there() -> None:
    names = " ".join(ENTRIES)
    for family in ("smollm2-360m", "smollm2-1-7b", "qwen2-5-7b", "qwen3-4b", "llama-3-2-3b",
                   "gemma-3-270m", "deepseek-r1-distill-qwen-7b"):  # fmt: skip
        assert family in names
    assert all(entry.asks == (entry.licence[0] in {"Gemma", "Llama 3.2 Community"})
               for entry in ENTRIES.values())  # fmt: skip
