"""A base that two processes split: what each holds, what they compute, and a run that has one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import multiprocessing

from finetune.training.devices.group import joined
from finetune.training.devices.sharding import held_numbers, is_sharded, name_of_layers
from finetune.training.dialogues.data import IGNORED
from finetune.training.loop.metrics import causal_of, token_loss
from finetune.training.model import load_base
from tests.finetune.training import test_run as processes
from tests.finetune.training.conftest import Make
from tests.finetune.training.devices.test_devices import (
    SETTINGS,
    WITHOUT_CHANCE,
    finish,
    same_up_to_rounding,
    two_devices,
)

__all__ = ["two_devices"]
SPREAD = {"devices": 2, "sharding": "base"}
SHAPE: dict[str, Any] = {
    "vocab_size": 320, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
}  # fmt: skip


def bases(folder: Path) -> dict[str, Path]:
    """Of each kind that is computed in another way: output layer tied, its own, logits changed."""
    from transformers import Gemma2Config, LlamaConfig
    from transformers.models.gemma2 import Gemma2ForCausalLM
    from transformers.models.llama import LlamaForCausalLM

    torch.manual_seed(1)
    models = {
        "tied": LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)),
        "own": LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=False)),
        "changed": Gemma2ForCausalLM(Gemma2Config(**SHAPE, final_logit_softcapping=30.0)),
    }
    for name, model in models.items():
        model.save_pretrained(str(folder / name))
    return {name: folder / name for name in models}


def compared(rank: int, meeting: str, folders: dict[str, Path], into: Path) -> None:
    """One of two processes: compute with bases that are whole, and with the same ones split."""
    torch.set_num_threads(1)
    with joined(Path(meeting), rank, 2):
        told = {
            kind: {shards: numbers(folder, shards, rank) for shards in (1, 2)}
            for kind, folder in folders.items()
        }
    (into / f"{rank}.json").write_text(json.dumps(told))


def numbers(folder: Path, shards: int, rank: int) -> dict[str, Any]:
    """What a process holds of a base, and what it computes with it; each reads other dialogues."""
    from peft import LoraConfig, get_peft_model

    draw = torch.Generator().manual_seed(rank)
    ids = torch.randint(0, SHAPE["vocab_size"], (2, 12 + 3 * rank), generator=draw)
    labels = ids.clone()
    labels[:, :5] = IGNORED
    base = load_base(str(folder), shards=shards)
    torch.manual_seed(5)
    lora = LoraConfig(target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    model = get_peft_model(base, lora)
    own = [item for item in model.parameters() if item.requires_grad]
    adapter = sum(item.numel() for item in own)
    held = [held_numbers(model) - adapter]
    with torch.no_grad():
        evaluated = float(token_loss(model, ids, labels).total)
    held.append(held_numbers(model) - adapter)
    loss = token_loss(model, ids, labels).total
    loss.backward()  # type: ignore[no-untyped-call]
    held.append(held_numbers(model) - adapter)
    slopes = [item.grad.flatten() for item in own if item.grad is not None]
    said = model.generate(input_ids=ids[:1, : 3 + rank], max_new_tokens=6, do_sample=False)
    return {
        "sharded": is_sharded(causal_of(model)),
        "held": held,
        "plain": all(type(item.data) is torch.Tensor for item in own),
        "computed": [evaluated, float(loss.detach()), *torch.cat(slopes).tolist()],
        "said": said.tolist(),
    }


def test_each_holds_half_and_both_compute_what_one_does(tmp_path: Path) -> None:
    folders = bases(tmp_path)
    multiprocessing.spawn(compared, (str(tmp_path / "meeting"), folders, tmp_path), nprocs=2)
    for rank in (0, 1):
        told = json.loads((tmp_path / f"{rank}.json").read_text())
        for kind in folders:
            whole, split = told[kind]["1"], told[kind]["2"]
            assert (whole["sharded"], split["sharded"]) == (False, True)
            # Before anything, after an evaluation and after a step: nothing is left behind.
            assert split["held"] == pytest.approx([whole["held"][0] / 2] * 3, rel=0.01)
            assert split["plain"]
            assert split["computed"] == pytest.approx(whole["computed"], rel=1e-5, abs=1e-6)
            assert split["said"] == whole["said"]


def test_a_model_without_layers_is_told() -> None:
    with pytest.raises(ValueError, match="no stack of layers"):
        name_of_layers(torch.nn.Linear(2, 2))


@pytest.mark.parametrize("adapter", ["qtha", pytest.param("gatenet", marks=pytest.mark.slow)])
def test_a_run_learns_what_one_device_does(make_run: Make, run_here: Any, adapter: str) -> None:
    """And leaves the same files: no part of the base is in checkpoints or adapter."""
    chosen = {**SETTINGS, "adapter": adapter, "adapter_options": WITHOUT_CHANCE[adapter]}
    one, two = make_run("one", **chosen), make_run("two", **chosen, **SPREAD)
    assert run_here(one) == 0
    assert finish(two) == 0
    same_up_to_rounding(one, two)
    processes.one_curve(two, 6, [0, 3, 6])
    for name in ("adapter_config.json", "chat_template.jinja"):
        assert (two / "adapter" / name).read_bytes() == (one / "adapter" / name).read_bytes()
    replies = [[d["reply"] for d in processes.of(folder, "sample")] for folder in (one, two)]
    assert replies[0] == replies[1]
    golden = [json.loads((f / "adapter" / "lock.json").read_text())["golden"] for f in (one, two)]
    assert [g["reply_ids"] for g in golden[0]] == [g["reply_ids"] for g in golden[1]]
    sizes = [
        {path.name: path.stat().st_size for path in (f / "checkpoints/checkpoint-6").iterdir()}
        for f in (one, two)
    ]
    for name in ("adapter_model.safetensors", "adapter_config.json", "lock.json"):
        assert sizes[0][name] == sizes[1][name]
    assert sum(sizes[1].values()) < 1.5 * sum(sizes[0].values())  # random states of both


def test_one_device_has_nobody_to_split_with(make_run: Make, run_here: Any) -> None:
    folder = make_run(**SETTINGS)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "sharding": "base"}))
    assert run_here(folder) == 2
    message = processes.events(folder)[-2]["message"]
    assert "one device has nobody to split the base with" in message
