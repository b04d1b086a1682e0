"""Weights kept in the format of their products change no number, and take a third of the room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model
from torch import nn
from transformers import AutoModelForCausalLM

from finetune.training.computing.compact import CompactLinear, keep_compact
from finetune.training.loop.metrics import token_loss
from quantum.adapters.registry import get_adapter

TARGETS = ["q_proj", "v_proj"]
KINDS: dict[str, dict[str, Any]] = {
    "lora": {"r": 4}, "qtha": {"r": 3, "mpo_width": 8, "mpo_bond": 2}, "qgs": {"n_qubits": 4},
    "gatenet": {},
}  # fmt: skip


def adapted(folder: Path, kind: str = "lora", *, exact: bool = True) -> Any:
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if exact:  # as most published weights are
        for item in base.parameters():
            item.data = item.data.to(torch.bfloat16).float()
    torch.manual_seed(0)
    return get_peft_model(base, get_adapter(kind).build_config(KINDS[kind], TARGETS, 3, None))


def learned(model: Any) -> tuple[torch.Tensor, list[torch.Tensor]]:
    ids = torch.randint(3, 1000, (2, 40), generator=torch.Generator().manual_seed(1))
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        loss = token_loss(model, ids, ids.clone(), one_row=True)
    loss.total.backward()  # type: ignore[no-untyped-call]
    slopes = [item.grad.clone() for item in model.parameters() if item.grad is not None]
    return loss.total.detach(), slopes


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_loss_gradients_and_replies_are_the_same_to_the_bit(
    kind: str, exact: bool, tiny_model_dir: Path
) -> None:
    plain, compact = (adapted(tiny_model_dir, kind, exact=exact) for _ in range(2))
    keep_compact(compact, torch.bfloat16)
    changed = [layer for layer in compact.modules() if isinstance(layer, CompactLinear)]
    assert changed
    assert all((layer.copied is None) == exact for layer in changed)
    (loss, slopes), (same, as_well) = learned(plain), learned(compact)
    assert torch.equal(loss, same)
    assert len(slopes) == len(as_well) > 0
    assert all(torch.equal(one, other) for one, other in zip(slopes, as_well, strict=True))
    ids = torch.arange(5, 25).unsqueeze(0)
    with torch.no_grad():  # and outside autocast, as golden prompts are asked
        assert torch.equal(plain(input_ids=ids).logits, compact(input_ids=ids).logits)


def test_all_but_embedding_head_norms_and_what_an_adapter_stands_on_is_compact(
    tiny_model_dir: Path,
) -> None:
    model = adapted(tiny_model_dir)
    keep_compact(model, torch.bfloat16)
    small = {name for name, item in model.named_parameters() if item.dtype == torch.bfloat16}
    kinds = ("k_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    assert small
    assert all(name.split(".")[-2] in kinds for name in small)
    assert len(small) == len(kinds) * model.config.num_hidden_layers


def compact(*layers: nn.Module, dtype: torch.dtype = torch.bfloat16) -> list[bool]:
    keep_compact(nn.Sequential(*layers), dtype)
    return [isinstance(layer, CompactLinear) for layer in layers]


def test_what_learns_is_shared_or_in_that_format_already_stays() -> None:
    shared, other, learns = (nn.Linear(4, 4, bias=False) for _ in range(3))
    other.weight = shared.weight.requires_grad_(False)
    assert compact(shared, other, learns) == [False, False, False]
    learns.weight.requires_grad_(False)
    assert compact(shared, other, learns, dtype=torch.float32) == [False, False, False]
    assert compact(shared, other, learns) == [False, False, True]
