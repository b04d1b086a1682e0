"""From sentences to a head: features, folds, thresholds from scores of folds left out, weights."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from chat.safety.detection.excuses import is_excused
from chat.safety.detection.normalising import normalised
from chat.safety.fitting.regression import fitted
from chat.safety.fitting.sentences import Example, sha256_of
from chat.safety.heads.head import Head, Kind, Threshold, nearness

FOLDS = 4
JITTER = 1e-4
NEVER = Threshold(1.1, 1.1)  # no probability reaches it
Vectors = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Recipe:
    """What one head is made of, and how often it may be wrong.

    `pooled` are classes that are found together (`danger`): whether a text belongs to any of them
    is easier to tell than to which; those classes then only say which it is. `near` and `heard` are
    the shares of own ordinary sentences, most of them near-misses, and of ordinary messages that
    may reach the high threshold and the middle one. `calm` is how the sentences of ordinary talk
    are counted against the project's own: together as much as that many of their number.
    """

    language: str
    kind: Kind
    features: tuple[str, ...]
    pooled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    near: tuple[float, float] = (0.03, 0.1)
    heard: tuple[float, float] = (0.0015, 0.015)
    penalty: float = 1e-5
    calm: float = 1.0
    width: float = 0.0  # of the Gaussian around each own sentence; 0: linear in the features


@dataclass(frozen=True)
class Talk:
    """Ordinary talk beside the own sentences: each message as its units."""

    fitted: Sequence[str] = ()
    messages: Sequence[Sequence[str]] = ()  # for thresholds; none of them among the fitted


def fold_of(text: str) -> int:
    """The same for a text in every run, whatever else is in the set."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % FOLDS


def head_fit(recipe: Recipe, sentences: Sequence[Example], talk: Talk, vectors: Vectors) -> Head:
    """Fits weights on all sentences and sets thresholds on scores of folds left out."""
    classes = classes_of(recipe, sentences)
    targets = targets_of(recipe, sentences, classes)
    own = vectors([normalised(each.text) for each in sentences])
    landmarks = own if recipe.width else None
    space = Space(landmarks, recipe.width)
    calm = space(vectors(talk.fitted)) if talk.fitted else np.zeros((0, space(own).shape[1]))
    own = space(own)

    def fit(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = np.concatenate([own[chosen], calm])
        y = np.concatenate([targets[chosen], np.zeros((len(calm), len(classes)))])
        return fitted(x, y, weights_of(targets[chosen], len(calm), recipe.calm), recipe.penalty)

    logits = np.zeros(targets.shape)
    folds = np.array([fold_of(each.text) for each in sentences])
    for fold in range(FOLDS):
        weight, bias = fit(folds != fold)
        logits[folds == fold] = own[folds == fold] @ weight.T + bias
    weight, bias = fit(folds >= 0)
    heard = spoken(talk, lambda texts: space(vectors(texts)), weight, bias)
    # What `detection.read` takes back cannot be a false alarm of the head.
    near = [not (each.classes or is_taken_back(recipe, each)) for each in sentences]
    thresholds = thresholds_of(recipe, classes, logits[near], heard)
    for index, name in enumerate(classes):
        left_out = 1 / (1 + np.exp(-logits[targets[:, index] > 0, index]))
        shares = [
            (left_out >= limit).mean() for limit in (thresholds[name].middle, thresholds[name].high)
        ]
        print(f"  {name}, left out: {shares[0]:.3f} reach middle, {shares[1]:.3f} high")
    return Head(
        recipe.language,
        recipe.kind,
        recipe.features,
        classes,
        thresholds,
        sha256_of(sentences),
        space.folded(weight).astype(np.float32),
        bias.astype(np.float32),
        landmarks,
        recipe.width,
    )


def is_taken_back(recipe: Recipe, example: Example) -> bool:
    return recipe.kind == "person" and is_excused(normalised(example.text))


class Space:
    """Where the regression is linear: the features, or nearness to landmarks, made even.

    Even means that the plain penalty on the weights is the kernel's own (Nyström's map). The map
    is linear, so that it is folded into the weights in the end.
    """

    def __init__(self, landmarks: np.ndarray | None, width: float) -> None:
        self.landmarks = landmarks
        self.width = width
        if landmarks is not None:
            gram = nearness(landmarks, landmarks, width).astype(np.float64)
            values, axes = np.linalg.eigh(gram + JITTER * np.eye(len(gram)))
            self.map = (axes / np.sqrt(values)) @ axes.T  # (landmarks, landmarks), symmetric

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        if self.landmarks is None:
            return vectors
        return np.asarray(nearness(vectors, self.landmarks, self.width) @ self.map)

    def folded(self, weight: np.ndarray) -> np.ndarray:
        return weight if self.landmarks is None else np.asarray(weight @ self.map)


def classes_of(recipe: Recipe, sentences: Sequence[Example]) -> tuple[str, ...]:
    return tuple(sorted({name for each in sentences for name in each.classes} | set(recipe.pooled)))


def targets_of(recipe: Recipe, sentences: Sequence[Example], classes: Sequence[str]) -> np.ndarray:
    """1 where a sentence belongs to a class, (sentences, classes)."""
    members = [recipe.pooled.get(name, frozenset({name})) for name in classes]
    rows = [[bool(each.classes & names) for names in members] for each in sentences]
    return np.array(rows, float)


def weights_of(targets: np.ndarray, calm: int, share: float) -> np.ndarray:
    """A class's few sentences count a third of what all others do; the calm ones `share` of all."""
    found = targets.mean(0, keepdims=True).clip(1e-6, 1 - 1e-6)
    own = np.where(targets > 0, 0.3 / found, 0.7 / (1 - found))
    each = share * len(targets) / calm if calm else 0.0
    return np.concatenate([own, np.full((calm, targets.shape[1]), each)])


def spoken(talk: Talk, vectors: Vectors, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The highest logit of each class among a message's units, (messages, classes)."""
    if not talk.messages:
        return np.zeros((0, len(bias)))
    known = list(dict.fromkeys(unit for message in talk.messages for unit in message))
    logits = vectors(known) @ weight.T + bias
    row = {unit: index for index, unit in enumerate(known)}
    return np.stack([logits[[row[unit] for unit in message]].max(0) for message in talk.messages])


def thresholds_of(
    recipe: Recipe, classes: Sequence[str], near: np.ndarray, heard: np.ndarray
) -> dict[str, Threshold]:
    """The lowest that keep to the recipe's false alarms; of a pooled class's members, none."""
    members = frozenset().union(*recipe.pooled.values())
    found = {}
    for index, name in enumerate(classes):
        high, middle = (
            max(quantile(near[:, index], own), quantile(heard[:, index], public))
            for own, public in zip(recipe.near, recipe.heard, strict=True)
        )
        found[name] = NEVER if name in members else Threshold(middle, high)
    return found


def quantile(logits: np.ndarray, share: float) -> float:
    """The lowest probability that this share of logits reaches at most; 0 where there are none."""
    if not len(logits):
        return 0.0
    limit = float(np.quantile(logits, 1 - share, method="higher"))
    return float(1 / (1 + np.exp(-limit))) + 1e-6
