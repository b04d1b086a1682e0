"""Made-up scores of arms whose true difference is known.

Under seed s, dialogue d of an arm loses `truth + seed_s + dialogue_d + rest_sd` nats a token more
than under the last arm; the three vary over seeds, dialogues, and both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from finetune.studies.statistics.scores import Array, Scores
from finetune.studies.statistics.variances import Variances


@dataclass(frozen=True)
class Setting:
    """How scores are made.

    Attributes:
        seeds: how many.
        dialogues: how many.
        seed_share: part of the difference's variance that rests on seeds, 0 to below 1.
        shape: of what dialogues differ by: normal, heavy (Student's t with 3 degrees of freedom) or
            skewed (exponential).
        lengths: spread of the logarithm of the dialogues' tokens; 0 for equal ones.
        rest_share: part of what is left of the variance that is of seed and dialogue together.
        truth: the difference, nats a token.
    """

    seeds: int
    dialogues: int
    seed_share: float
    shape: str = "normal"
    lengths: float = 0.0
    rest_share: float = 0.2
    truth: float = 0.01

    DIALOGUE = 0.05  # standard deviation, nats a token

    @property
    def dialogue_variance(self) -> float:
        """Of the difference: what rests on dialogues."""
        return self.DIALOGUE**2 / self.dialogues

    @property
    def rest_variance(self) -> float:
        """Of the difference: what rests on seed and dialogue together."""
        return self.dialogue_variance * self.rest_share / (1 - self.rest_share)

    @property
    def seed_variance(self) -> float:
        """Of the difference: what rests on seeds alone."""
        others = self.dialogue_variance + self.rest_variance
        return others * self.seed_share / (1 - self.seed_share)

    @property
    def variances(self) -> Variances:
        """What `variances` would find, were there no chance; for dialogues of equal lengths."""
        rest = self.rest_variance
        return Variances(self.seed_variance + rest, self.dialogue_variance + rest, rest)


def setting_with(setting: Setting, *, seeds: int, dialogues: int, truth: float) -> Setting:
    """More seeds and dialogues of the same kind, which differ as much as before."""
    of_seeds = setting.seed_variance * setting.seeds / seeds
    cells = setting.seeds * setting.dialogues / (seeds * dialogues)
    rest = setting.rest_variance * cells
    others = setting.dialogue_variance * setting.dialogues / dialogues + rest
    return replace(
        setting,
        seeds=seeds,
        dialogues=dialogues,
        truth=truth,
        seed_share=of_seeds / (of_seeds + others),
        rest_share=rest / others,
    )


def made_tokens(rng: np.random.Generator, setting: Setting) -> Array:
    """Labelled tokens of each dialogue, (dialogues,)."""
    logs = rng.normal(5.3, setting.lengths, setting.dialogues)
    tokens: Array = np.maximum(np.round(np.exp(logs)), 1)
    return tokens


def made_arms(rng: np.random.Generator, setting: Setting, arms: int) -> list[Scores]:
    """Arms that differ by `truth` from the last one, which is better where that is above zero.

    The variances of `Setting` are of a difference of two, so that each arm has half of them.
    """
    seeds, dialogues = setting.seeds, setting.dialogues
    tokens = made_tokens(rng, setting)
    ease = rng.normal(2, 0.4, dialogues)  # what every arm finds hard
    made = []
    for number in range(arms):
        of_seeds = rng.normal(0, np.sqrt(setting.seed_variance * seeds / 2), (seeds, 1))
        of_dialogues = _shaped(rng, setting, number < arms - 1) * setting.DIALOGUE
        rest = np.sqrt(setting.rest_variance * seeds * dialogues / 2)
        of_both = rng.normal(0, rest, (seeds, dialogues)) * np.sqrt(tokens.mean() / tokens)
        truth = 0.0 if number == arms - 1 else setting.truth
        losses = ease + truth + of_seeds + of_dialogues + of_both  # (seeds, dialogues)
        made.append(Scores(tokens * losses, tokens, range(seeds)))
    return made


def _shaped(rng: np.random.Generator, setting: Setting, is_compared: bool) -> Array:
    """Mean 0; variance 1/2, or of skewed ones 1 and 0, so that differences stay skewed."""
    if setting.shape == "normal":
        return rng.normal(0, np.sqrt(0.5), setting.dialogues)
    if setting.shape == "heavy":
        drawn: Array = rng.standard_t(3, setting.dialogues) / np.sqrt(6)
        return drawn
    return (rng.exponential(size=setting.dialogues) - 1) * is_compared


def made_answers(rng: np.random.Generator, seeds: int, problems: int, ease: float) -> list[Scores]:
    """Right (1) and wrong (0) answers of two arms that are equally good.

    Args:
        rng: where chance comes from.
        seeds: how many.
        problems: how many.
        ease: logarithm of the odds of a right answer to a problem of middling difficulty.
    """
    odds = rng.normal(ease, 3, problems)
    made = []
    for _ in range(2):
        of_seeds, of_problems = rng.normal(0, 0.2, (seeds, 1)), rng.normal(0, 0.5, problems)
        chance = 1 / (1 + np.exp(-(odds + of_seeds + of_problems)))  # (seeds, problems)
        right = rng.random((seeds, problems)) < chance
        made.append(Scores(right, np.ones(problems), range(seeds)))
    return made
