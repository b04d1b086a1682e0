"""The loss of direct preference optimisation, and what is told of a batch beside it.

Source: Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward
Model", arXiv 2305.18290, equation 7. Names of the numbers are those of TRL's DPOTrainer.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import torch
from torch.nn import functional


@dataclass(frozen=True)
class Rewards:
    """Sums over pairs. A reward is beta times a reply's log-probability above the reference's.

    Attributes:
        chosen: rewards of the preferred replies.
        rejected: rewards of the others.
        right: pairs whose preferred reply has the higher reward; a tie counts half, as a guess.
        pairs: how many there are.
    """

    chosen: float = 0.0
    rejected: float = 0.0
    right: float = 0.0
    pairs: float = 0.0

    def __add__(self, other: Rewards) -> Rewards:
        return Rewards(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def named(self, part: str = "") -> dict[str, float]:
        """Their means under TRL's names, which begin with `part`."""
        count = self.pairs or 1.0
        chosen, rejected = self.chosen / count, self.rejected / count
        return {
            f"{part}rewards/chosen": chosen,
            f"{part}rewards/rejected": rejected,
            f"{part}rewards/accuracies": self.right / count,
            f"{part}rewards/margins": chosen - rejected,
        }


def preference_loss(
    learned: torch.Tensor, reference: torch.Tensor, beta: float
) -> tuple[torch.Tensor, Rewards]:
    """Compute -log sigmoid(beta (chosen - rejected)), each above the reference, for each pair.

    Args:
        learned: sums of the replies' log-probabilities in nats, (2 * pairs,): all chosen ones,
            then all rejected ones.
        reference: the same under the reference.
        beta: how closely the model stays to the reference.

    Returns:
        The losses, (pairs,), with a graph to `learned`, and the rewards.
    """
    chosen, rejected = (beta * (learned - reference)).chunk(2)  # (pairs,) each
    losses = -functional.logsigmoid(chosen - rejected)
    with torch.no_grad():
        higher = (chosen > rejected).double() + 0.5 * (chosen == rejected).double()
        rewards = Rewards(
            float(chosen.sum()), float(rejected.sum()), float(higher.sum()), float(len(losses))
        )
    return losses, rewards
