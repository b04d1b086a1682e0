"""What a run learns from, and the settings of one that learns from pairs of replies."""

from __future__ import annotations

from pydantic import BaseModel, Field

SUPERVISED, PREFERENCE = "supervised", "preference"
KINDS = (SUPERVISED, PREFERENCE)
RATE_SHARE = 0.05
"""Of an adapter's usual learning rate: the loss compares sums over whole replies, so its gradient
is many tokens' at once, and nothing stops a reply from being pulled down. For LoRA, whose usual
rate here is 1e-3, that is 5e-5, the upper end of what DPO on LoRA is commonly run with."""


class KindSettings(BaseModel):
    """The first of a run's settings (`finetune.training.settings.RunSettings`)."""

    kind: str = Field(
        default=SUPERVISED,
        title="Kind",
        description="What is learned from. supervised: the assistant's replies in dialogues. "
        "preference: pairs of replies, of which one was preferred (DPO).",
    )
    beta: float = Field(
        default=0.1,
        title="Beta",
        description="Of a preference run: how closely it stays to the reference. Higher stays "
        "closer.",
        gt=0.0,
        le=10.0,
    )
    sft_weight: float = Field(
        default=0.0,
        title="Weight of the chosen reply",
        description="Of a preference run: how much the loss of the chosen reply itself counts "
        "beside the preference. 0: not at all.",
        ge=0.0,
        le=10.0,
    )
