"""The scores of one arm on the test set: one number for each seed and dialogue.

A loss is a sum of negative log likelihoods over a number of labelled tokens. Any other score of a
dialogue or problem fits too: whether an answer is right is 0 or 1, with one token each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .exceptions import NotEnoughError, NotPairedError, ScoresError

Array = NDArray[np.float64]

FEWEST_DIALOGUES = 10  # below, drawing them again says little of others


@dataclass(frozen=True, eq=False)
class Scores:
    """What one arm scored.

    Attributes:
        nll: sum over the labelled tokens of each dialogue, in nats, (seeds, dialogues).
        tokens: labelled tokens of each dialogue, (dialogues,).
        seeds: which seed each row of `nll` was trained with.

    Raises:
        ScoresError: a number is not finite, the shapes do not fit, or a seed stands there twice.
    """

    nll: Array
    tokens: Array
    seeds: tuple[int, ...]

    def __init__(self, nll: ArrayLike, tokens: ArrayLike, seeds: Sequence[int]) -> None:
        object.__setattr__(self, "nll", np.array(nll, dtype=np.float64))
        object.__setattr__(self, "tokens", np.array(tokens, dtype=np.float64))
        object.__setattr__(self, "seeds", tuple(int(seed) for seed in seeds))
        self._check()

    def _check(self) -> None:
        shape = (len(self.seeds), *self.tokens.shape)
        if self.tokens.ndim != 1 or self.nll.shape != shape:
            raise ScoresError(
                f"nll must be (seeds, dialogues) = {shape} and tokens (dialogues,);"
                f" they are {self.nll.shape} and {self.tokens.shape}."
            )
        if len(set(self.seeds)) < len(self.seeds):
            raise ScoresError(f"A seed stands twice among {list(self.seeds)}.")
        for seed, row in zip(self.seeds, self.nll, strict=True):
            if not np.isfinite(row).all():
                raise ScoresError(f"A score under seed {seed} is not a finite number.")
        if not np.isfinite(self.tokens).all() or (self.tokens < 0).any():
            raise ScoresError("Numbers of tokens must be finite and not negative.")
        if not self.tokens.sum() > 0:
            raise ScoresError("There must be at least one labelled token.")

    @property
    def losses(self) -> Array:
        """Loss under each seed in nats a token, (seeds,)."""
        losses: Array = self.nll.sum(1) / self.tokens.sum()
        return losses

    @property
    def loss(self) -> float:
        """Mean of the seeds' losses, in nats a token."""
        return float(self.losses.mean())

    def under(self, seeds: Sequence[int]) -> Array:
        """The rows of these seeds, in this order, (seeds, dialogues)."""
        return self.nll[[self.seeds.index(seed) for seed in seeds]]


@dataclass(frozen=True, eq=False)
class Paired:
    """Score of one arm minus that of another, under the same seed and on the same dialogue.

    Attributes:
        gaps: differences of the sums, (seeds, dialogues).
        tokens: (dialogues,).
        seeds: those that both arms have.
    """

    gaps: Array
    tokens: Array
    seeds: tuple[int, ...]


def paired(a: Scores, b: Scores) -> Paired:
    """Take one arm's scores from another's, seed by seed.

    Raises:
        NotPairedError: they have other dialogues, or other tokens in them.
        NotEnoughError: no seed in common, or fewer than ten dialogues with labelled tokens.
    """
    if not np.array_equal(a.tokens, b.tokens):
        raise NotPairedError(
            "The two arms were not scored on the same tokens of the same dialogues."
        )
    seeds = tuple(sorted(set(a.seeds) & set(b.seeds)))
    if not seeds:
        raise NotEnoughError("There is no seed that both arms were trained with.")
    labelled = a.tokens > 0
    if labelled.sum() < FEWEST_DIALOGUES:
        raise NotEnoughError(
            f"There are {labelled.sum()} dialogues; it takes {FEWEST_DIALOGUES} to say anything"
            " of others."
        )
    gaps = (a.under(seeds) - b.under(seeds))[:, labelled]
    return Paired(gaps, a.tokens[labelled], seeds)
