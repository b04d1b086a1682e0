"""The loss at labelled positions equals the plain one, in value and gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from finetune.training.dialogues.data import IGNORED
from finetune.training.loop.metrics import Clock, token_loss


@pytest.fixture
def model(tiny_model_dir: Path) -> Any:
    base = AutoModelForCausalLM.from_pretrained(tiny_model_dir, dtype=torch.float64)
    torch.manual_seed(0)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    return get_peft_model(base, config, autocast_adapter_dtype=False)


def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    ids = torch.randint(3, 1000, (3, 20))
    labels = torch.where(torch.rand(3, 20) < 0.4, ids, torch.tensor(IGNORED))
    labels[1, 15:] = IGNORED
    mask = torch.ones_like(ids)
    mask[1, 15:] = 0
    return ids, labels, mask


@pytest.mark.parametrize("at_labels", [True, False])
def test_loss_and_gradients_equal_the_models_own(model: Any, at_labels: bool) -> None:
    ids, labels, mask = batch()
    plain = model(input_ids=ids, labels=labels, attention_mask=mask)
    plain.loss.backward()
    expected = {
        name: item.grad.clone() for name, item in model.named_parameters() if item.requires_grad
    }
    model.zero_grad()
    loss = token_loss(model, ids, labels, at_labels=at_labels)
    (loss.total / loss.count).backward()
    assert loss.count == int((labels[:, 1:] != IGNORED).sum())
    # our logits are cast to float32 for the loss, as transformers' are
    torch.testing.assert_close(loss.total / loss.count, plain.loss, rtol=1e-6, atol=0)
    for name, item in model.named_parameters():
        if item.requires_grad:
            torch.testing.assert_close(item.grad, expected[name], rtol=1e-5, atol=1e-9)
    right = (plain.logits[:, :-1].argmax(-1) == labels[:, 1:]).sum()
    assert loss.correct == int(right)


def test_models_that_change_their_logits_take_their_own_path(model: Any) -> None:
    from finetune.training.loop.metrics import selects_labels

    assert selects_labels(model)
    model.get_base_model().config.logits_scaling = 8.0
    assert not selects_labels(model)


def test_the_clock_carries_seconds_on() -> None:
    clock = Clock(10, seconds_before=100.0)
    assert clock.seconds_left(0, 0) is None
    clock.step_starts()
    clock.step_ends()
    assert clock.seconds >= 100.0
    assert clock.seconds_left(10, 0) == 0.0
