"""The loss against numbers by hand, and the log-probabilities against the plain way."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from finetune.training.dialogues.data import IGNORED
from finetune.training.loop.head import head_loss, head_losses
from finetune.training.preference.log_probs import reply_log_probs
from finetune.training.preference.loss import Rewards, preference_loss


def test_numbers_by_hand() -> None:
    """beta 0.5; margins 0.5 (2 - 0) = 1 and 0.5 (-1 - 1) = -1."""
    learned = torch.tensor([-10.0, -21.0, -12.0, -19.0])
    reference = torch.tensor([-12.0, -20.0, -12.0, -20.0])
    losses, rewards = preference_loss(learned, reference, 0.5)
    assert losses.tolist() == pytest.approx(
        [math.log(1 + math.exp(-1)), math.log(1 + math.exp(1))], rel=1e-6
    )
    assert rewards == Rewards(0.5, 0.5, 1.0, 2.0)
    assert rewards.named() == {
        "rewards/chosen": 0.25,
        "rewards/rejected": 0.25,
        "rewards/accuracies": 0.5,
        "rewards/margins": 0.0,
    }


def test_at_the_reference_it_is_the_log_of_two_and_a_tie_counts_half() -> None:
    same = torch.tensor([-3.0, -4.0, -5.0, -6.0])
    losses, rewards = preference_loss(same, same.clone(), 0.1)
    assert losses.tolist() == pytest.approx([math.log(2)] * 2)
    assert rewards.right == 1.0


def test_gradient() -> None:
    """It pulls the chosen reply up and the other down, by beta (1 - sigmoid(margin)) each."""
    learned = torch.tensor([-10.0, -12.0], requires_grad=True)
    losses, _ = preference_loss(learned, torch.tensor([-11.0, -12.5]), 0.2)
    losses.sum().backward()
    pull = 0.2 * (1 - 1 / (1 + math.exp(-0.2 * (1.0 - 0.5))))
    assert learned.grad is not None
    assert learned.grad.tolist() == pytest.approx([-pull, pull], rel=1e-6)


def test_losses_of_positions_and_their_gradients_are_the_plain_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("finetune.training.loop.head.LOGITS", 64)  # several pieces
    torch.manual_seed(0)
    head = nn.Linear(6, 31, bias=False).requires_grad_(False)
    goal = torch.randint(0, 31, (9,))
    weights = torch.randn(9)
    ours, plain = (torch.randn(9, 6).requires_grad_() for _ in range(2))
    with torch.no_grad():
        plain.copy_(ours)
    losses = head_losses(ours, head, goal)
    expected = nn.functional.cross_entropy(head(plain), goal, reduction="none")
    torch.testing.assert_close(losses, expected)
    (losses * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(ours.grad, plain.grad)
    assert float(head_loss(ours, head, goal)[0].detach()) == pytest.approx(
        float(losses.detach().sum()), rel=1e-6
    )


@pytest.fixture(scope="module")
def tiny(tiny_model_dir: Path) -> Any:
    from finetune.training.model import load_base

    return load_base(str(tiny_model_dir))


@pytest.mark.parametrize("one_row", [False, True])
@pytest.mark.parametrize("at_labels", [False, True])
def test_log_probabilities_are_those_of_the_plain_softmax(
    tiny: Any, at_labels: bool, one_row: bool
) -> None:
    torch.manual_seed(1)
    ids = torch.randint(3, 200, (4, 14))
    ids[:, :5] = ids[0, :5]
    labels = ids.clone()
    for row, start in enumerate((6, 8, 6, 7)):
        labels[row, :start] = IGNORED
    labels[1, 10:] = IGNORED  # padding
    with torch.no_grad():
        sums, counts = reply_log_probs(tiny, ids, labels, at_labels=at_labels, one_row=one_row)
        logs = tiny(input_ids=ids).logits.float().log_softmax(-1)
    for row in range(4):
        places = [at for at in range(1, 14) if labels[row, at] != IGNORED]
        expected = sum(float(logs[row, at - 1, labels[row, at]]) for at in places)
        assert counts[row] == len(places)
        assert float(sums[row]) == pytest.approx(expected, rel=1e-5)
