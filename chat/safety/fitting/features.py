"""The features of the engine, kept on disk by text: an encoder takes minutes for a whole set."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chat.engine.judging.features import features_make

STRETCH = 512  # texts between two savings


class KeptFeatures:
    """Features by names, side by side; what was computed once is read from `folder`."""

    def __init__(self, names: Sequence[str], encoders: Path, folder: Path) -> None:
        self.names = names
        self.encoders = encoders
        self.path = folder / f"{'+'.join(names)}.npz"
        self.rows: dict[str, np.ndarray] = {}
        if self.path.is_file():
            with np.load(self.path) as kept:
                self.rows = dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Float32, (texts, features)."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.rows}
        for begin in range(0, len(missing), STRETCH):
            some = dict(list(missing.items())[begin : begin + STRETCH])
            self.rows.update(zip(some, self._made(list(some.values())), strict=True))
            self._save()
        return np.stack([self.rows[key] for key in keys]).astype(np.float32)

    def _made(self, texts: list[str]) -> np.ndarray:
        made = [features_make(name, self.encoders).vectors(texts) for name in self.names]
        return np.concatenate(made, axis=1).astype(np.float16)

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = np.stack(list(self.rows.values()))
        np.savez(self.path, keys=np.array(list(self.rows)), rows=rows)
