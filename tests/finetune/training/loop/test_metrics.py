"""The loss at labelled positions equals the plain one, in value and gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM

from finetune.training.dialogues.data import IGNORED
from finetune.training.loop import head
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


@pytest.mark.parametrize(
    ("at_labels", "at_once"), [(True, head.LOGITS), (True, 7 * 1100), (True, 1), (False, 0)]
)
def test_loss_and_gradients_equal_the_models_own(
    model: Any, at_labels: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "LOGITS", at_once)
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
            torch.testing.assert_close(item.grad, expected[name], rtol=1e-5, atol=1e-8)
    right = (plain.logits[:, :-1].argmax(-1) == labels[:, 1:]).sum()
    assert loss.correct == int(right)


class Largest(TorchDispatchMode):
    """Remembers how many numbers the largest tensor had that was made."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for item in made if isinstance(made, tuple | list) else (made,):
            if isinstance(item, torch.Tensor):
                self.size = max(self.size, item.numel())
        return made


def test_the_logits_never_stand_in_memory_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = torch.nn.Linear(4, 5000, bias=False).requires_grad_(False)
    hidden = torch.randn(60, 4, requires_grad=True)
    monkeypatch.setattr(head, "LOGITS", 8 * 5000)
    with Largest() as largest:
        total, _ = head.head_loss(hidden, layer, torch.randint(0, 5000, (60,)))
        total.backward()
    assert largest.size == 8 * 5000
    with Largest() as largest:
        torch.nn.functional.cross_entropy(layer(hidden), torch.zeros(60, dtype=torch.int64))
    assert largest.size == 60 * 5000  # what is not there above is seen here


def test_products_of_the_output_layer_follow_autocast() -> None:
    layer = torch.nn.Linear(16, 300, bias=False).requires_grad_(False)
    hidden, goal = torch.randn(40, 16, requires_grad=True), torch.randint(0, 300, (40,))
    found = []
    for enabled in (True, False):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            total, _ = head.head_loss(hidden, layer, goal)
        total.backward()
        assert hidden.grad is not None
        found.append((total.item(), hidden.grad))
        hidden.grad = None
    (cast, slopes), (exact, expected) = found
    assert cast == pytest.approx(exact, rel=1e-2)
    assert cast != exact
    torch.testing.assert_close(slopes, expected, rtol=0.05, atol=0.05)
    assert not torch.equal(slopes, expected)


def test_the_mean_s_divisor_is_not_rounded_to_the_weights_format() -> None:
    """Of 3 labels it is 1/3, which bfloat16 has as 0.334: all gradients would be 0.2 % off."""
    layer = torch.nn.Linear(16, 300, bias=False, dtype=torch.bfloat16).requires_grad_(False)
    hidden = torch.randn(64, 16, dtype=torch.bfloat16, requires_grad=True)
    goal, grads = torch.randint(0, 300, (64,)), []
    for divisor in (1, 3):
        total, _ = head.head_loss(hidden, layer, goal)
        (total / divisor).backward()
        assert hidden.grad is not None
        grads.append(hidden.grad.double())
        hidden.grad = None
    once, third = grads
    assert float(third.abs().sum() / once.abs().sum()) == pytest.approx(1 / 3, rel=5e-4)


def test_an_output_layer_that_learns_takes_the_plain_way(tiny_model_dir: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(tiny_model_dir, dtype=torch.float64)
    torch.manual_seed(0)
    config = LoraConfig(r=4, target_modules=["q_proj", "lm_head"], init_lora_weights=False)
    model = get_peft_model(base, config, autocast_adapter_dtype=False)
    assert not head.is_frozen(model.get_base_model().get_output_embeddings())
    ids, labels, mask = batch()
    plain = model(input_ids=ids, labels=labels, attention_mask=mask).loss
    loss = token_loss(model, ids, labels)
    torch.testing.assert_close(loss.total / loss.count, plain, rtol=1e-6, atol=0)
    loss.total.backward()
    learned = [name for name, item in model.named_parameters() if item.grad is not None]
    assert any("lm_head" in name for name in learned)


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
