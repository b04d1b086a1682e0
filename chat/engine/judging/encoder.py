"""What the heads look at: one vector of a text, from the encoder with its trained changes."""

from pathlib import Path

import numpy as np
import torch
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import BertModel

from chat.engine.loading import ONE_AT_A_TIME
from chat.safety.heads.head import CHANGES, PREFIX, Kind

NAME = "e5"
LONGEST = 160  # tokens of one text that are read
BATCH = 16
PAD = 1


class Encoder:
    """Made once, then asked from one thread only. `changes` None: the encoder as it came."""

    def __init__(self, folder: Path, changes: Path | None = CHANGES) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no encoder at {folder}")
        self.tokenizer = tokenizer_load(folder)
        with ONE_AT_A_TIME:
            self.model = model_load(folder, changes).train(False)

    def vectors(self, texts: list[str], kind: Kind) -> np.ndarray:
        """The mean over each text's tokens, float32, shape (texts, hidden)."""
        encoded = [
            row.ids for row in self.tokenizer.encode_batch([PREFIX[kind] + t for t in texts])
        ]
        # Texts of like length share a batch, so that little is spent on padding.
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
        rows: dict[int, np.ndarray] = {}
        for begin in range(0, len(order), BATCH):
            places = order[begin : begin + BATCH]
            with torch.inference_mode():
                means = mean(self.model, *padded([encoded[place] for place in places]))
            rows.update(zip(places, means.numpy(), strict=True))
        return np.stack([rows[index] for index in range(len(texts))])


def model_load(folder: Path, changes: Path | None = None) -> BertModel:
    """The encoder, with changes merged into it."""
    model: BertModel = BertModel.from_pretrained(
        folder, dtype=torch.float32, add_pooling_layer=False
    )
    if changes is not None:
        model = PeftModel.from_pretrained(model, changes).merge_and_unload()
    return model


def tokenizer_load(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token numbers and mask, each (texts, longest)."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask


def mean(model: torch.nn.Module, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean over each text's tokens, (texts, hidden)."""
    states = model(input_ids=ids, attention_mask=mask).last_hidden_state
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)  # type: ignore[no-any-return]
