"""A small head on the features of a text, its thresholds, and its file.

A file is `LANGUAGE-KIND.safetensors`: `weight` (classes, features), `bias` (classes), and as text
what it was fitted on. With `landmarks` the head is linear in how near a text is to each of them,
which tells "to end my life" from "to end my contract" where a plane through the features does not.
Kind `person` judges what a person writes, `reply` what an assistant does.
The features are made by `chat.engine.judging`; only their names stand here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from chat.safety.levels import Level

Kind = Literal["person", "reply"]
KINDS: tuple[Kind, ...] = ("person", "reply")
FOLDER = Path(__file__).parent
UNSAFE = "unsafe"  # of a head for replies: that a sentence is of any class, whichever


@dataclass(frozen=True)
class Threshold:
    """From which probability on a class counts. `high` 1.1 is never reached."""

    middle: float
    high: float = 1.1


@dataclass(frozen=True)
class Head:
    """One logistic regression per class."""

    language: str
    kind: Kind
    features: tuple[str, ...]  # names of `chat.engine.judging.features`, put side by side
    classes: tuple[str, ...]
    thresholds: Mapping[str, Threshold]
    data_sha256: str  # of the sentences it was fitted on (`chat.safety.fitting`)
    weight: np.ndarray  # (classes, features), or (classes, landmarks) where there are some
    bias: np.ndarray  # (classes,)
    landmarks: np.ndarray | None = (
        None  # features of sentences of the own set, (landmarks, features)
    )
    width: float = 0.0  # of the Gaussian around each landmark

    def __post_init__(self) -> None:
        if set(self.thresholds) != set(self.classes):
            raise ValueError(f"{self.language}-{self.kind}: a class has no threshold")
        if self.weight.shape[0] != len(self.classes) or self.bias.shape != (len(self.classes),):
            raise ValueError(f"{self.language}-{self.kind}: weights do not fit the classes")

    def scores(self, vectors: np.ndarray) -> list[dict[str, float]]:
        """Probability of each class, for each row of `vectors` (texts, features)."""
        if self.landmarks is not None:
            vectors = nearness(vectors, self.landmarks, self.width)
        logits = vectors @ self.weight.T + self.bias  # (texts, classes)
        probabilities = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
        return [
            {name: float(value) for name, value in zip(self.classes, row, strict=True)}
            for row in probabilities
        ]

    def level(self, name: str, score: float) -> Level:
        """What a score means; ORDINARY below both thresholds and for an unknown class."""
        threshold = self.thresholds.get(name)
        if threshold is None or score < min(threshold.middle, threshold.high):
            return Level.ORDINARY
        return Level.HIGH if score >= threshold.high else Level.RAISED

    def save(self, folder: Path = FOLDER) -> Path:
        path = folder / f"{self.language}-{self.kind}.safetensors"
        about = {
            "features": self.features,
            "classes": self.classes,
            "thresholds": {
                name: [each.middle, each.high] for name, each in self.thresholds.items()
            },
            "data_sha256": self.data_sha256,
            "width": self.width,
        }
        tensors = {"weight": self.weight.astype(np.float32), "bias": self.bias.astype(np.float32)}
        if self.landmarks is not None:
            tensors["landmarks"] = self.landmarks.astype(np.float16)
        save_file(tensors, path, metadata={"about": json.dumps(about, sort_keys=True)})
        path.chmod(0o644)  # the library writes it for its owner alone
        return path


def nearness(vectors: np.ndarray, landmarks: np.ndarray, width: float) -> np.ndarray:
    """1 at a landmark, 0 far from it: exp(-|v - l|² / width²), (texts, landmarks)."""
    squares = (vectors**2).sum(1)[:, None] + (landmarks**2).sum(1)[None]
    distances = np.maximum(squares - 2 * vectors @ landmarks.T, 0)  # (texts, landmarks)
    return np.asarray(np.exp(-distances / width**2))


def read_head(path: Path) -> Head:
    language, _, kind = path.stem.partition("-")
    if kind not in KINDS:
        raise ValueError(f"{path} is not named LANGUAGE-KIND; kinds are {', '.join(KINDS)}.")
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return Head(
        language=language,
        kind="reply" if kind == "reply" else "person",
        features=tuple(about["features"]),
        classes=tuple(about["classes"]),
        thresholds={name: Threshold(*each) for name, each in about["thresholds"].items()},
        data_sha256=about["data_sha256"],
        weight=tensors["weight"],
        bias=tensors["bias"],
        landmarks=tensors["landmarks"].astype(np.float32) if "landmarks" in tensors else None,
        width=about["width"],
    )


@cache
def head_for(language: str, kind: Kind) -> Head | None:
    """The committed head, or None where there is none for this language."""
    path = FOLDER / f"{language}-{kind}.safetensors"
    return read_head(path) if path.is_file() else None
