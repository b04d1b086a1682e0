"""What the heads look at: numbers made of a text, by name. A new kind is one entry in FEATURES."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from chat.engine.judging.characters import CharacterRuns
from chat.engine.loading import ONE_AT_A_TIME
from chat.safety.gate.features import ReplyFeatures

logger = logging.getLogger("engine.judging")

LAYERS = (2, 4, 6)  # of MiniLM; between wording and meaning. The last alone finds a third less
LONGEST = 160  # tokens of one text that are read
BATCH = 16


class Features(Protocol):
    """Made once from the encoders' folder, then asked from one thread only."""

    def vectors(self, texts: list[str]) -> np.ndarray:
        """Float32, shape (texts, features)."""
        ...


class SentenceEncoder:
    """A BERT encoder; the mean over the tokens after some of its layers, side by side."""

    def __init__(self, folder: Path, layers: tuple[int, ...]) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no encoder at {folder}")
        self.layers = layers
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)
        with ONE_AT_A_TIME:
            self.model = AutoModel.from_pretrained(folder).eval()

    def vectors(self, texts: list[str]) -> np.ndarray:
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        # Texts of like length share a batch, so that little is spent on padding.
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
        rows: dict[int, np.ndarray] = {}
        for begin in range(0, len(order), BATCH):
            places = order[begin : begin + BATCH]
            for place, row in zip(places, self._batch([encoded[p] for p in places]), strict=True):
                rows[place] = row
        return np.stack([rows[index] for index in range(len(texts))])

    def _batch(self, ids: list[list[int]]) -> np.ndarray:
        longest = max(map(len, ids))
        tokens = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
        with torch.inference_mode():
            states = self.model(
                input_ids=tokens, attention_mask=mask, output_hidden_states=True
            ).hidden_states
            weights = mask.unsqueeze(-1).to(states[0].dtype)  # (texts, tokens, 1)
            means = [(states[layer] * weights).sum(1) / weights.sum(1) for layer in self.layers]
            normal = [torch.nn.functional.normalize(mean, dim=1) for mean in means]
            return np.asarray(torch.cat(normal, dim=1).numpy())  # (texts, layers * hidden)


FEATURES: dict[str, Callable[[Path], Features]] = {
    "characters": lambda encoders: CharacterRuns(),
    "minilm": lambda encoders: SentenceEncoder(encoders / "minilm", LAYERS),
    "reply-en": lambda encoders: ReplyFeatures("en"),
    "reply-zh": lambda encoders: ReplyFeatures("zh"),
}


def features_make(name: str, encoders: Path) -> Features:
    if name not in FEATURES:
        raise KeyError(f"There are no features {name!r}. Known: {', '.join(FEATURES)}.")
    return FEATURES[name](encoders)
