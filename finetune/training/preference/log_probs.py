"""Log-probabilities of the replies in a batch, one sum for each sequence.

Logits are computed at labelled positions only, and a few at a time, as for every run's loss.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.nn import functional

from finetune.training.devices.sharding import gathered
from finetune.training.dialogues.data import IGNORED
from finetune.training.loop.head import head_losses, is_frozen
from finetune.training.loop.metrics import causal_of, goal_of, hidden_at_labels, logits_at_labels


def reply_log_probs(
    model: Any,
    input_ids: torch.Tensor,
    labels: torch.Tensor,
    *,
    at_labels: bool,
    one_row: bool,
) -> tuple[torch.Tensor, list[int]]:
    """Sum the log-probabilities of each sequence's labelled tokens.

    Args:
        model: a causal language model, plain or with a PEFT adapter.
        input_ids: (sequences, length), int64.
        labels: (sequences, length), int64; `IGNORED` where there is no label.
        at_labels: compute logits at labelled positions only.
        one_row: with that, read the batch in one row where that saves something.

    Returns:
        Sums in nats, (sequences,), float32, with a graph, and the labelled tokens of each.
    """
    causal = causal_of(model)
    computed = partial(
        _token_losses,
        *(model, causal, input_ids, labels),
        at_labels=at_labels,
        one_row=one_row,
    )
    losses = gathered(causal, computed)  # (labelled,), one sequence behind the other
    counts: list[int] = (labels[:, 1:] != IGNORED).sum(dim=1).tolist()
    # Split and summed, not added by index: that would sum in any order on a GPU.
    return torch.stack([-part.sum() for part in torch.split(losses, counts)]), counts


def _token_losses(
    model: Any,
    causal: Any,
    input_ids: torch.Tensor,
    labels: torch.Tensor,
    *,
    at_labels: bool,
    one_row: bool,
) -> torch.Tensor:
    goal = goal_of(labels)  # (labelled,)
    if at_labels:
        chosen = hidden_at_labels(model, input_ids, labels, one_row=one_row)  # (labelled, width)
        head = causal.get_output_embeddings()
        if is_frozen(head):
            return head_losses(chosen, head, goal)
        logits = head(chosen)  # (labelled, vocabulary)
    else:
        logits = logits_at_labels(model, input_ids, labels)
    return functional.cross_entropy(logits.float(), goal, reduction="none")
