"""A run is finite or stopped: nothing that is not finite is applied, kept or gone on from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from finetune.training.config import RunConfig
from finetune.training.exceptions import NonFiniteLoss
from finetune.training.log.events import Event, read_events
from finetune.training.loop import checkpoints
from finetune.training.loop.finite import FiniteChecks, all_finite
from finetune.training.loop.finite_files import WEIGHTS, adapter_problem
from tests.finetune.training.conftest import Make
from tests.quantum.adapters.test_properties import CASES, _moved

CASE = {
    "adapter": "gatenet",
    "adapter_options": {"n_axes": 5},
    "targets": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    "learning_rate": 1.0,
    "scheduler": "constant",
    "warmup_ratio": 0.0,
    "sequence_length": 128,
    "gradient_accumulation": 1,
}
# Float32 also where a processor has AMX: in it these numbers overflow, and old runs were in it.
QUICK = {"eval_every": 0, "sample_tokens": 0, "eval_dialogues": 2, "precision": "float32"}
LORA = {"adapter": "lora", "adapter_options": {"r": 2}}


def events(folder: Path, kind: str) -> list[Event]:
    return [event for event in read_events(folder / "events.jsonl") if event["type"] == kind]


def config_of(**values: Any) -> RunConfig:
    return RunConfig.from_dict({"base_model": "base", "train_file": "train.jsonl", **values})


@pytest.mark.parametrize("label", CASES)
def test_every_adapter_is_looked_at_whole(label: str, tmp_path: Path) -> None:
    """Each trainable tensor before it is used, and each saved one before it is kept."""
    model = _moved(label)
    checks = FiniteChecks(model, config_of())
    checks.weights(1)
    checks.kept(1)
    for item in [item for item in model.parameters() if item.requires_grad]:
        before = item.data.clone()
        item.data.view(-1)[-1] = float("nan")
        with pytest.raises(NonFiniteLoss, match=r"Weights .* step 4; .* try 0.0033"):
            checks.weights(4)
        item.data.copy_(before)
    checks.weights(1)
    model.save_pretrained(tmp_path)
    assert adapter_problem(tmp_path) == ""
    tensors = load_file(tmp_path / WEIGHTS)
    for name, tensor in tensors.items():
        if tensor.is_floating_point():
            tensor.view(-1)[0] = float("inf")
            save_file(tensors, tmp_path / WEIGHTS)
            assert name in adapter_problem(tmp_path)
            tensor.view(-1)[0] = 0.0


def test_values_that_a_circuit_brought_are_looked_at_before_they_are_kept() -> None:
    """QGS answers from measured values that are saved with it, and are no weights."""
    model = _moved("qgs shift")
    checks = FiniteChecks(model, config_of())
    saved = get_peft_model_state_dict(model)
    buffers = {name.replace(".default", ""): item for name, item in model.named_buffers()}
    brought = [name for name in saved if name in buffers and saved[name].is_floating_point()]
    assert brought
    for name in brought:
        before = buffers[name].clone()
        buffers[name].view(-1)[0] = float("nan")
        with pytest.raises(NonFiniteLoss, match="holds numbers that are not finite"):
            checks.kept(1)
        buffers[name].copy_(before)
    checks.kept(1)


def test_large_numbers_are_finite() -> None:
    assert all_finite([torch.full((100,), 3e38), torch.tensor(-3e38, dtype=torch.bfloat16)])
    assert all_finite([])
    assert not all_finite([torch.zeros(2), torch.tensor([1.0, float("nan"), 1.0])])


def test_the_case_stops_before_the_gradient_is_applied(make_run: Make, run_here: Any) -> None:
    folder = make_run(**CASE, **QUICK, steps=6, save_every=1)
    assert run_here(folder) == 1
    error = events(folder, "error")[0]
    assert error["data"]["kind"] == "not_finite"
    done = events(folder, "metrics")[-1]["data"]["step"]
    assert 1 <= done < 6
    assert "learning rate (1) is probably too high: try 0.33 (learning_rate)" in error["message"]
    assert f"checkpoints/checkpoint-{done}" in error["message"]
    assert not (folder / "adapter").exists()
    assert not events(folder, "result")
    kept = checkpoints.newest(folder / "checkpoints", adapter_problem)
    assert (kept.step, kept.damaged) == (done, [])
    assert run_here(folder) == 1  # it goes on from there, and ends there again
    steps = [event["data"]["step"] for event in events(folder, "metrics")]
    assert steps == list(range(1, done + 1))


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_gradient_is_looked_at_with_and_without_clipping(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch, clip: float
) -> None:
    from finetune.training.loop.trainer import DialogueTrainer

    real = DialogueTrainer.training_step

    def broken(self: DialogueTrainer, model: Any, *args: Any) -> torch.Tensor:
        loss = real(self, model, *args)
        if self.state.global_step == 2:
            weights = [item for item in model.parameters() if item.requires_grad]
            weights[-1].grad.view(-1)[-1] = float("inf")
        return loss

    monkeypatch.setattr(DialogueTrainer, "training_step", broken)
    folder = make_run(**LORA, **QUICK, steps=4, save_every=2, max_grad_norm=clip)
    assert run_here(folder) == 1
    message = events(folder, "error")[0]["message"]
    assert "gradient became inf at step 3; it was not applied" in message
    assert ("max_grad_norm" in message) == (clip == 0.0)
    assert "checkpoint-2" in message
    assert adapter_problem(folder / "checkpoints" / "checkpoint-2") == ""


def test_weights_are_looked_at_before_the_last_step_counts(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The optimizer's own numbers may overflow although the gradient is finite."""
    from torch.optim import AdamW

    real = AdamW.step

    def overflowing(self: AdamW, *args: Any) -> Any:
        result = real(self, *args)
        weight = self.param_groups[0]["params"][0]
        if self.state[weight]["step"] == 3:
            weight.data.view(-1)[0] = float("nan")
        return result

    monkeypatch.setattr(AdamW, "step", overflowing)
    folder = make_run(**LORA, **QUICK, steps=3, save_every=3, validation_file="")
    assert run_here(folder) == 1
    error = events(folder, "error")[0]
    assert "Weights of the adapter became" in error["message"]
    assert "No checkpoint was written" in error["message"]
    assert [event["data"]["step"] for event in events(folder, "metrics")] == [1, 2]
    assert not list((folder / "checkpoints").glob("checkpoint-*"))


def test_the_optimizers_state_is_kept_only_if_it_is_finite(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.optim import AdamW

    real = AdamW.step

    def overflowing(self: AdamW, *args: Any) -> Any:
        result = real(self, *args)
        self.state[self.param_groups[0]["params"][0]]["exp_avg_sq"].fill_(float("inf"))
        return result

    monkeypatch.setattr(AdamW, "step", overflowing)
    folder = make_run(**LORA, **QUICK, steps=3, save_every=2)
    assert run_here(folder) == 1
    assert "the optimizer's state" in events(folder, "error")[0]["message"]
    assert not list((folder / "checkpoints").glob("checkpoint-*"))


@pytest.mark.parametrize("step", [0, 2])
def test_a_held_out_loss_that_is_not_finite_is_a_failure(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    from finetune.training.loop import evaluation, trainer

    real = trainer.held_out

    def broken(*args: Any, **values: Any) -> evaluation.HeldOut:
        measured = real(*args, **values)
        bad = (not step) or (folder / "checkpoints" / "checkpoint-1").exists()
        return evaluation.HeldOut(float("nan") if bad else measured.loss, 0.0, measured.tokens)

    monkeypatch.setattr(trainer, "held_out", broken)
    folder = make_run(**LORA, **QUICK, steps=2, save_every=1)
    assert run_here(folder) == 1
    message = events(folder, "error")[0]["message"]
    assert "held-out loss" in message
    assert ("before training" in message) == (step == 0)
    assert ("(learning_rate)" in message) == (step > 0)
    assert not events(folder, "result")


def poison(checkpoint: Path, name: str) -> None:
    """Write a number that is not finite into a checkpoint, and seal it as an old trainer did."""
    if name == WEIGHTS:
        tensors = load_file(checkpoint / name)
        next(iter(tensors.values())).view(-1)[0] = float("nan")
        save_file(tensors, checkpoint / name)
    else:
        state = torch.load(checkpoint / name, weights_only=True)
        state["state"][0]["exp_avg"].view(-1)[0] = float("nan")
        torch.save(state, checkpoint / name)
    (checkpoint / checkpoints.MANIFEST).unlink()
    partial = checkpoint.with_name(".sealing")
    checkpoint.rename(partial)
    checkpoints.seal(partial, checkpoint)


@pytest.mark.parametrize("name", [WEIGHTS, "optimizer.pt"])
def test_an_old_checkpoint_that_is_not_finite_is_passed_over(
    make_run: Make, make_done: Make, run_here: Any, name: str
) -> None:
    whole, folder = make_done(**LORA, **QUICK, steps=6), make_run(**LORA, **QUICK, steps=6)
    lines = (whole / "events.jsonl").read_bytes().splitlines(keepends=True)
    cut = next(
        index for index, line in enumerate(lines)
        if json.loads(line)["type"] == "checkpoint" and json.loads(line)["data"]["step"] == 6
    )  # fmt: skip
    (folder / "events.jsonl").write_bytes(b"".join(lines[: cut + 1]))
    (whole / "checkpoints").rename(folder / "checkpoints")
    poison(folder / "checkpoints" / "checkpoint-6", name)
    assert run_here(folder) == 0
    warnings = [event for event in events(folder, "warning") if "passed over" in event["message"]]
    assert len(warnings) == 1
    assert warnings[0]["data"]["path"] == "checkpoints/checkpoint-6"
    assert "not finite" in warnings[0]["message"]
    assert [event["data"]["step"] for event in events(folder, "metrics")] == list(range(1, 7))
    left, right = (load_file(one / "adapter" / WEIGHTS) for one in (whole, folder))
    assert all(torch.equal(left[key], right[key]) for key in left)


def test_without_a_finite_checkpoint_it_starts_again_and_says_so(
    make_run: Make, run_here: Any
) -> None:
    folder = make_run(**LORA, **QUICK, steps=2, save_every=1)
    assert run_here(folder) == 0
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(lines[:-3]))  # before it saved its adapter
    for step in (1, 2):
        poison(folder / "checkpoints" / f"checkpoint-{step}", WEIGHTS)
    assert run_here(folder) == 0
    assert len([e for e in events(folder, "warning") if "not finite" in e["message"]]) == 2
    states = [event["message"] for event in events(folder, "state")]
    assert "Started again from step 0: there is no checkpoint that it can go on from." in states
    assert [event["data"]["step"] for event in events(folder, "metrics")] == [1, 2]
    assert adapter_problem(folder / "adapter") == ""


def test_a_start_that_is_not_finite_is_refused(make_run: Make, run_here: Any) -> None:
    first = make_run("first", **LORA, **QUICK, steps=1)
    assert run_here(first) == 0
    tensors = load_file(first / "adapter" / WEIGHTS)
    next(iter(tensors.values())).view(-1)[0] = float("inf")
    save_file(tensors, first / "adapter" / WEIGHTS)
    folder = make_run("second", **LORA, **QUICK, steps=1, start_adapter=str(first / "adapter"))
    assert run_here(folder) == 2
    message = events(folder, "error")[0]["message"]
    assert "start_adapter: cannot be taken: 1 of the" in message
    assert "start without one" in message
