"""A tiny random BERT with a byte tokenizer, in the form of the encoder's folder."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from chat.engine.embedding.protocol import DIMENSIONS
from chat.engine.judging.encoder import NAME


def save(encoders: Path) -> Path:
    """Make `encoders/e5`; its vectors are as long as the real one's and mean nothing."""
    folder = encoders / NAME
    folder.mkdir(parents=True)
    # Without the bytes that Cyrillic letters begin with, as the real one has no such letters.
    alphabet = sorted(set(pre_tokenizers.ByteLevel.alphabet()) - {"\u00d0", "\u00d1"})
    signs = ["<s>", "<pad>", "</s>", "<unk>", *alphabet]
    vocabulary = {sign: place for place, sign in enumerate(signs)}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    raw.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    raw.save(str(folder / "tokenizer.json"))
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(signs),
        hidden_size=DIMENSIONS,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=512,
        initializer_range=0.3,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
