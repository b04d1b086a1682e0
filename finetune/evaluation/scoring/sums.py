"""Negative log likelihood of each dialogue: what a trainer's evaluation adds up, kept apart.

The same batches, layout and products as `loop.evaluation.held_out`, so that the sums of all
dialogues are its loss; only the numbers of the tokens are not added up before anybody sees them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from finetune.training.computing.precision import Precision
from finetune.training.dialogues.data import IGNORED, Example
from finetune.training.dialogues.order import collate
from finetune.training.loop.head import LOGITS, is_frozen
from finetune.training.loop.metrics import (
    causal_of,
    goal_of,
    hidden_at_labels,
    logits_at_labels,
    selects_labels,
)
from quantum.adapters.precision import full_precision, product_dtype

from .dialogues import EncodedDialogue


@dataclass(frozen=True)
class Score:
    """Sums over the labelled tokens of one dialogue.

    Attributes:
        line: number of its line in the file, from 1.
        nll: summed negative log likelihood, in nats.
        tokens: labelled tokens.
        right: labelled tokens whose most likely prediction is right.
    """

    line: int
    nll: float
    tokens: int
    right: int


@dataclass(frozen=True)
class Totals:
    """Sums over dialogues, and the means that follow from them: loss in nats a token."""

    nll: float
    tokens: int
    right: int

    @classmethod
    def of(cls, scores: Sequence[Score]) -> Totals:
        """Add up."""
        return cls(
            math.fsum(score.nll for score in scores),
            sum(score.tokens for score in scores),
            sum(score.right for score in scores),
        )

    @property
    def loss(self) -> float:
        """Mean over all labelled tokens, as a trainer's held-out loss."""
        return self.nll / self.tokens

    @property
    def accuracy(self) -> float:
        """Share of labelled tokens that come out first, from 0 to 1."""
        return self.right / self.tokens

    def facts(self) -> dict[str, Any]:
        """Return what a file of scores says."""
        perplexity = math.exp(self.loss) if self.loss < 700 else math.inf
        return {
            "nll": self.nll,
            "tokens": self.tokens,
            "right": self.right,
            "loss": self.loss,
            "perplexity": perplexity if math.isfinite(perplexity) else None,
            "accuracy": self.accuracy,
        }


def scores_of(
    model: Any,
    dialogues: Sequence[EncodedDialogue],
    *,
    batch_size: int,
    pad: int,
    one_row: bool,
    precision: Precision,
    between: Callable[[float], None] = lambda share: None,
) -> list[Score]:
    """Score dialogues, those of similar length together.

    Args:
        model: in evaluation mode.
        dialogues: encoded.
        batch_size: sequences in one pass.
        pad: the id that fills batches up.
        one_row: read a batch in one row where that saves something.
        precision: what the model's products are computed in.
        between: called before each batch with the share that is done; may raise to leave.

    Returns:
        One score for each dialogue, in their order.
    """
    owned = [(one, number) for number, item in enumerate(dialogues) for one in item.examples]
    owned.sort(key=lambda pair: len(pair[0].input_ids))
    sums = [[0.0, 0, 0] for _ in dialogues]
    for start in range(0, len(owned), batch_size):
        between(start / len(owned))
        batch = owned[start : start + batch_size]
        measured = _measured(model, [one for one, _ in batch], pad, one_row, precision)
        for (_, number), values in zip(batch, measured, strict=True):
            sums[number] = [have + more for have, more in zip(sums[number], values, strict=True)]
    return [
        Score(item.line, nll, int(tokens), int(right))
        for item, (nll, tokens, right) in zip(dialogues, sums, strict=True)
    ]


def _measured(
    model: Any, examples: Sequence[Example], pad: int, one_row: bool, precision: Precision
) -> list[list[float]]:
    """Return for each sequence its summed loss, its labels and how many come out first."""
    batch = collate(examples, pad=pad)
    device = next(model.parameters()).device
    ids, labels = batch["input_ids"].to(device), batch["labels"].to(device)
    with torch.no_grad(), precision.autocast(device):
        losses, right = token_losses(model, ids, labels, one_row=one_row)
    owners = (batch["labels"][:, 1:] != IGNORED).nonzero()[:, 0]  # (labelled,)
    sums = torch.zeros(len(examples), 3, dtype=torch.float64)
    rows = torch.stack((losses.double(), torch.ones_like(losses.double()), right.double()), dim=1)
    sums.index_add_(0, owners, rows.cpu())  # (examples, 3)
    return sums.tolist()


def token_losses(
    model: Any, ids: Tensor, labels: Tensor, *, one_row: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the loss of each labelled token, in nats, and whether the right one came out first.

    Args:
        model: a causal language model, plain or with a PEFT adapter.
        ids: (batch, length), int64.
        labels: (batch, length), int64; `IGNORED` where there is no label.
        one_row: as `loop.metrics.token_loss` has it.

    Returns:
        Float32 and bool, (labelled,), dialogue after dialogue.
    """
    goal = goal_of(labels)
    if not selects_labels(model):
        return _losses(logits_at_labels(model, ids, labels), goal)
    hidden = hidden_at_labels(model, ids, labels, one_row=one_row)  # (labelled, width)
    head = causal_of(model).get_output_embeddings()
    rows = max(1, LOGITS // head.weight.shape[0])
    parts = []
    for start in range(0, len(goal), rows):
        here = slice(start, start + rows)
        if is_frozen(head):
            dtype = product_dtype(hidden, hidden.dtype)
            with full_precision(hidden):
                logits = hidden[here].to(dtype) @ head.weight.to(dtype).t()  # (rows, vocabulary)
        else:
            logits = head(hidden[here])
        parts.append(_losses(logits, goal[here]))
    losses, right = (torch.cat(column) for column in zip(*parts, strict=True))
    return losses, right


def _losses(logits: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
    logits = logits.float()
    aimed = logits.gather(1, goal.unsqueeze(1)).squeeze(1)  # (rows,)
    return logits.logsumexp(dim=1) - aimed, logits.argmax(dim=1) == goal
