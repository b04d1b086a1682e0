"""From sentences to a head: features, folds, thresholds from scores of folds left out, weights."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chat.engine.judging.features import features_make
from chat.safety.detection.normalising import normalised
from chat.safety.fitting.regression import fitted
from chat.safety.fitting.sentences import Example, sha256_of
from chat.safety.heads.head import Head, Kind, Threshold

FOLDS = 5


@dataclass(frozen=True)
class Recipe:
    """What one head is made of, and how often it may be wrong on ordinary sentences."""

    language: str
    kind: Kind
    features: tuple[str, ...]
    false_alarms_high: float = 0.003
    false_alarms_middle: float = 0.03
    penalty: float = 3e-5


def vectors_of(recipe: Recipe, encoders: Path, texts: Sequence[str]) -> np.ndarray:
    """Features of the texts as the engine makes them, side by side, (texts, features)."""
    plain = [normalised(text) for text in texts]
    made = [features_make(name, encoders).vectors(plain) for name in recipe.features]
    return np.concatenate(made, axis=1)


def fold_of(text: str) -> int:
    """The same for a text in every run, whatever else is in the set."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % FOLDS


def scores_left_out(
    recipe: Recipe, vectors: np.ndarray, targets: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Scores of each text by a head that has not seen its fold, (texts, classes)."""
    logits = np.zeros(targets.shape)
    for fold in range(FOLDS):
        left_out = folds == fold
        weight, bias = fitted(
            vectors[~left_out],
            targets[~left_out],
            balanced(targets[~left_out]),
            penalty=recipe.penalty,
        )
        logits[left_out] = vectors[left_out] @ weight.T + bias
    return 1 / (1 + np.exp(-logits))


def balanced(targets: np.ndarray) -> np.ndarray:
    """A class's few sentences together count a third of what all the others do."""
    share = targets.mean(0, keepdims=True)
    return np.where(targets > 0, 0.25 / share, 0.75 / (1 - share))


def threshold(scores: np.ndarray, false_alarms: float) -> float:
    """The lowest threshold that this share of ordinary sentences reaches at most."""
    return float(np.quantile(scores, 1 - false_alarms, method="higher")) + 1e-6


def head_fit(recipe: Recipe, encoders: Path, sentences: Sequence[Example]) -> Head:
    """Fits weights on all sentences and sets thresholds on scores of folds left out."""
    classes = tuple(sorted({name for each in sentences for name in each.classes}))
    targets = np.array([[name in each.classes for name in classes] for each in sentences], float)
    vectors = vectors_of(recipe, encoders, [each.text for each in sentences])
    folds = np.array([fold_of(each.text) for each in sentences])
    scores = scores_left_out(recipe, vectors, targets, folds)
    ordinary = targets.sum(1) == 0
    thresholds = {
        name: Threshold(
            threshold(scores[ordinary, index], recipe.false_alarms_middle),
            threshold(scores[ordinary, index], recipe.false_alarms_high),
        )
        for index, name in enumerate(classes)
    }
    weight, bias = fitted(vectors, targets, balanced(targets), penalty=recipe.penalty)
    return Head(
        recipe.language,
        recipe.kind,
        recipe.features,
        classes,
        thresholds,
        sha256_of(sentences),
        weight.astype(np.float32),
        bias.astype(np.float32),
    )
