"""Held-out loss and accuracy of a model as it is, without a gradient.

Knows nothing of the training loop or of the event log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from finetune.training.computing.precision import Precision
from finetune.training.devices.group import Group
from finetune.training.dialogues.data import Example
from finetune.training.dialogues.order import collate

from .metrics import mean, token_loss


@dataclass(frozen=True)
class HeldOut:
    """Means over the labelled tokens of held-out dialogues: loss in nats, accuracy from 0 to 1."""

    loss: float
    accuracy: float
    tokens: int

    @property
    def values(self) -> dict[str, Any]:
        """As the log's evaluation has them."""
        return {
            "validation_loss": self.loss,
            "validation_accuracy": self.accuracy,
            "validation_tokens": self.tokens,
        }


def held_out(
    model: Any,
    examples: Sequence[Example],
    *,
    batch_size: int,
    pad: int,
    at_labels: bool,
    one_row: bool,
    fused: bool,
    precision: Precision,
    between: Callable[[], None],
    group: Group,
) -> HeldOut:
    """Measure a model on dialogues, those of similar length together.

    Args:
        model: base with adapter, in evaluation mode.
        examples: encoded dialogues.
        batch_size: dialogues in one pass.
        pad: the id that fills batches up.
        at_labels: compute logits at labelled positions only.
        one_row: read a batch in one row where that saves something.
        fused: compute the output layer and its loss in one kernel.
        precision: what the model's products are computed in.
        between: called before each batch; may raise to leave.
        group: the processes that share the batches.
    """
    total, correct, count = 0.0, 0, 0
    ordered = sorted(examples, key=lambda example: len(example.input_ids))
    device = next(model.parameters()).device
    together = group.count * batch_size
    for start in range(0, len(ordered), together):
        between()
        own = ordered[start + group.rank * batch_size :][:batch_size]
        # Who has no batch left computes with the others, for nothing: a sharded base needs all.
        batch = collate(own or ordered[:batch_size], pad=pad)
        with torch.no_grad(), precision.autocast(device):
            loss = token_loss(
                model,
                batch["input_ids"].to(device),
                batch["labels"].to(device),
                at_labels=at_labels,
                one_row=one_row,
                fused=fused,
            )
        if own:
            total += float(loss.total)
            correct += loss.correct
            count += loss.count
    total, *counts = group.summed(total, correct, count)
    correct, count = map(int, counts)
    return HeldOut(mean(total, count), mean(correct, count), count)
