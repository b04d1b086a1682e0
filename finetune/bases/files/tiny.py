"""A tiny, randomly initialised Llama with a real tokenizer, made in a second, for tests.

python -m finetune.bases.files.tiny OUT --tokenizer var/base-models/smollm2-135m-instruct
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from quantum.threads import wait_passively

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def make_tiny(target: Path, tokenizer: Path, *, seed: int = 0) -> Path:
    """Write a Llama of 2 layers (width 48, 4 heads of which 2 hold keys) to `target`.

    Args:
        target: folder to make.
        tokenizer: a base model's folder whose tokenizer files are copied.
        seed: fixes the weights.

    Returns:
        `target`.
    """
    import torch
    from tokenizers import Tokenizer
    from transformers import LlamaConfig, LlamaForCausalLM

    target.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, target / name)
    config = LlamaConfig(
        vocab_size=Tokenizer.from_file(str(target / "tokenizer.json")).get_vocab_size(),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    torch.manual_seed(seed)
    LlamaForCausalLM(config).save_pretrained(str(target))
    return target


def main(arguments: list[str] | None = None) -> int:
    """Command line: make the tiny model."""
    wait_passively()
    parser = argparse.ArgumentParser(
        prog="python -m finetune.bases.files.tiny", description="Make a tiny model for tests."
    )
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of a base model")
    parsed = parser.parse_args(arguments)
    print(make_tiny(parsed.out, parsed.tokenizer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
