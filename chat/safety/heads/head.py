"""A small head on the vector of a text, its thresholds, and its file.

A file is `KIND.safetensors`: `weight` (classes, hidden), `bias` (classes), and as text each
language's thresholds and what it was fitted on. Kind `person` judges what a person writes, `reply`
what an assistant does. Head and `changes/`, the low-rank changes of the encoder, were trained
together (`chat.safety.fitting`); the vectors are made by `chat.engine.judging`.
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
CHANGES = FOLDER / "changes"
PREFIX = {"person": "query: ", "reply": "passage: "}  # the two roles that the encoder knows
UNSAFE = "unsafe"  # of the head for replies: that a sentence is of any class, whichever
DANGER = "danger"  # of the head for persons: any of those classes that have a card


@dataclass(frozen=True)
class Threshold:
    """From which probability on a class counts. `high` 1.1 is never reached."""

    middle: float
    high: float = 1.1


NEVER = Threshold(1.1, 1.1)


@dataclass(frozen=True)
class Head:
    """One logistic regression per class, with the thresholds of one language."""

    language: str
    kind: Kind
    classes: tuple[str, ...]
    thresholds: Mapping[str, Threshold]
    data_sha256: str  # of the sentences it was fitted on
    weight: np.ndarray  # (classes, hidden)
    bias: np.ndarray  # (classes,)

    def __post_init__(self) -> None:
        if set(self.thresholds) != set(self.classes):
            raise ValueError(f"{self.language} {self.kind}: a class has no threshold")
        if self.weight.shape[0] != len(self.classes) or self.bias.shape != (len(self.classes),):
            raise ValueError(f"{self.language} {self.kind}: weights do not fit the classes")

    def scores(self, vectors: np.ndarray) -> list[dict[str, float]]:
        """Probability of each class, for each row of `vectors` (texts, hidden)."""
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


def heads_save(heads: Mapping[str, Head], folder: Path = FOLDER) -> Path:
    """One file of the heads of a kind, by language: they differ in thresholds only."""
    first = next(iter(heads.values()))
    path = folder / f"{first.kind}.safetensors"
    about = {
        "classes": first.classes,
        "data_sha256": first.data_sha256,
        "thresholds": {
            language: {name: [each.middle, each.high] for name, each in head.thresholds.items()}
            for language, head in heads.items()
        },
    }
    tensors = {"weight": first.weight.astype(np.float32), "bias": first.bias.astype(np.float32)}
    save_file(tensors, path, metadata={"about": json.dumps(about, sort_keys=True)})
    path.chmod(0o644)  # the library writes it for its owner alone
    return path


def heads_read(path: Path) -> dict[str, Head]:
    """The heads of a file, by language."""
    kind: Kind = "reply" if path.stem == "reply" else "person"
    if path.stem != kind:
        raise ValueError(f"{path} is not named KIND; kinds are {', '.join(KINDS)}.")
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
        weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
    return {
        language: Head(
            language,
            kind,
            tuple(about["classes"]),
            {name: Threshold(*each) for name, each in thresholds.items()},
            about["data_sha256"],
            weight,
            bias,
        )
        for language, thresholds in about["thresholds"].items()
    }


@cache
def committed(kind: Kind) -> Mapping[str, Head]:
    return heads_read(FOLDER / f"{kind}.safetensors")


def head_for(language: str, kind: Kind) -> Head | None:
    """The committed head, or None where there is none for this language."""
    return committed(kind).get(language)
