"""The loss over labelled tokens, its accuracy, and the clock of a run.

Logits are computed only at positions whose next token has a label, and a few at a time (`head`):
with a vocabulary of 49,152 they would be the largest tensors of a step by far, and those of the
other positions would be thrown away. `benchmarks/training_memory_speed.py` measures the gain; a
test holds that loss and gradients equal the plain computation's.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch.nn import functional

from finetune.training.computing.one_row import OneRow
from finetune.training.devices.sharding import gathered
from finetune.training.dialogues.data import IGNORED

from .head import head_loss, is_frozen

MEASURED = ("steps", "step_seconds", "evaluations", "evaluation_seconds")
# Settings of architectures that change logits after the output layer (Gemma 2, Cohere,
# Granite): for those the model's own forward pass is taken.
_LOGIT_CHANGES = ("final_logit_softcapping", "logit_scale", "logits_scaling")


@dataclass(frozen=True)
class TokenLoss:
    """Sums over the labelled tokens of a batch.

    Attributes:
        total: summed cross-entropy in nats, a scalar tensor with a graph.
        correct: labelled tokens whose most likely prediction is right.
        count: labelled tokens.
    """

    total: torch.Tensor
    correct: int
    count: int


def causal_of(model: Any) -> Any:
    """Return the causal language model in a model that may carry an adapter."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def selects_labels(model: Any) -> bool:
    """Tell whether logits of this model may be computed at chosen positions only."""
    config = causal_of(model).config.get_text_config()
    return not any(getattr(config, name, None) not in (None, 1, 1.0) for name in _LOGIT_CHANGES)


def token_loss(
    model: Any,
    input_ids: torch.Tensor,
    labels: torch.Tensor,
    *,
    at_labels: bool = True,
    one_row: bool = False,
    fused: bool = False,
) -> TokenLoss:
    """Compute the loss of a batch over its labelled tokens.

    Args:
        model: a causal language model, plain or with a PEFT adapter.
        input_ids: (batch, length), int64.
        labels: (batch, length), int64; `IGNORED` where there is no label.
        at_labels: compute logits at labelled positions only.
        one_row: with that, read the batch in one row where that saves something; only for models
            of which `reads_one_row` says that they can.
        fused: compute the output layer and its loss in one kernel, as `head_loss` says.

    Returns:
        Sums over the labelled tokens; dividing `total` by `count` gives the usual mean.
    """
    causal = causal_of(model)
    computed = partial(
        _token_loss,
        *(model, causal, input_ids, labels),
        at_labels=at_labels and selects_labels(model),
        one_row=one_row,
        fused=fused,
    )
    return gathered(causal, computed)


def _token_loss(
    model: Any,
    causal: Any,
    input_ids: torch.Tensor,
    labels: torch.Tensor,
    *,
    at_labels: bool,
    one_row: bool,
    fused: bool,
) -> TokenLoss:
    goal = goal_of(labels)  # (labelled,)
    if at_labels:
        chosen = hidden_at_labels(model, input_ids, labels, one_row=one_row)  # (labelled, width)
        head = causal.get_output_embeddings()
        if is_frozen(head):
            summed, right = head_loss(chosen, head, goal, fused=fused)
            return TokenLoss(summed, int(right), len(chosen))
        logits = head(chosen)  # (labelled, vocabulary)
    else:
        logits = logits_at_labels(model, input_ids, labels)
    logits = logits.float()
    total = functional.cross_entropy(logits, goal, reduction="sum")
    with torch.no_grad():
        correct = int((logits.argmax(dim=-1) == goal).sum())
    return TokenLoss(total, correct, int(goal.numel()))


def goal_of(labels: torch.Tensor) -> torch.Tensor:
    """Return the labels to predict, dialogue after dialogue, (labelled,)."""
    targets = labels[:, 1:]  # (batch, length - 1): position t predicts token t + 1
    return targets[targets != IGNORED]


def hidden_at_labels(
    model: Any, input_ids: torch.Tensor, labels: torch.Tensor, *, one_row: bool = False
) -> torch.Tensor:
    """Return what the output layer reads where the next token has a label, (labelled, width).

    Args:
        model: one of which `selects_labels` says that it can.
        input_ids: (batch, length), int64.
        labels: (batch, length), int64.
        one_row: read the batch in one row where that saves something.
    """
    causal = causal_of(model)
    row = OneRow.of(input_ids, labels) if one_row else None
    if row is not None:  # the same labels in the same order
        return row.hidden(causal)[row.goal != IGNORED]
    hidden = causal.get_decoder()(input_ids=input_ids, use_cache=False).last_hidden_state
    chosen: torch.Tensor = hidden[:, :-1][labels[:, 1:] != IGNORED]
    return chosen


def logits_at_labels(model: Any, input_ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the logits of a model's own forward pass there, (labelled, vocabulary)."""
    logits = model(input_ids=input_ids, use_cache=False).logits
    chosen: torch.Tensor = logits[:, :-1][labels[:, 1:] != IGNORED]
    return chosen


class Clock:
    """Speed and time left, smoothed over the last steps.

    Args:
        total_steps: optimizer steps of the run.
        seconds_before: time earlier trainers of the same run spent.
    """

    def __init__(self, total_steps: int, seconds_before: float = 0.0) -> None:
        self._total = total_steps
        self._before = seconds_before
        self._start = time.monotonic()
        self._mark = self._start
        self._step_seconds: float | None = None
        self._evaluation_seconds = 0.0
        self.measured = dict.fromkeys(MEASURED, 0.0)

    @property
    def seconds(self) -> float:
        """Time spent on this run by all its trainers, in seconds."""
        return self._before + time.monotonic() - self._start

    def step_starts(self) -> None:
        """Note that a step begins now."""
        self._mark = time.monotonic()

    def step_ends(self) -> float:
        """Note that a step ended; return its seconds."""
        spent = time.monotonic() - self._mark
        old = self._step_seconds
        self._step_seconds = spent if old is None else 0.8 * old + 0.2 * spent
        self._count("step", spent)
        return spent

    def evaluation_took(self, seconds: float) -> None:
        """Note how long the last evaluation took, samples included."""
        self._evaluation_seconds = seconds
        self._count("evaluation", seconds)

    def _count(self, what: str, seconds: float) -> None:
        """Add to what this trainer has measured of itself."""
        self.measured[f"{what}s"] += 1
        self.measured[f"{what}_seconds"] += round(seconds, 3)

    def seconds_left(self, step: int, evaluations_left: int) -> float | None:
        """Estimate the seconds until the end of the run; None before the first step."""
        if self._step_seconds is None:
            return None
        rest = (self._total - step) * self._step_seconds
        return rest + evaluations_left * self._evaluation_seconds


def mean(total: float, count: int) -> float:
    """Return total / count, or NaN without tokens."""
    return total / count if count else math.nan
