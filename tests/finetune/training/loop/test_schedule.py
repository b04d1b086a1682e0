"""Every step learns, whatever the schedule and the warm-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune.training.config import RunConfig
from finetune.training.log.events import read_events
from finetune.training.loop.schedule import rate_share, warmup_steps
from finetune.training.settings import SCHEDULERS
from tests.finetune.training.conftest import Make

RATIOS = [0.0, 0.1, 0.5, 1.0]


def config_of(**values: Any) -> RunConfig:
    return RunConfig.from_dict({"base_model": "base", "train_file": "train.jsonl", **values})


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("steps", [1, 2, 3, 10, 28, 1000])
def test_every_step_has_a_rate_and_one_has_the_full_rate(
    scheduler: str, ratio: float, steps: int
) -> None:
    config = config_of(scheduler=scheduler, warmup_ratio=ratio, steps=steps)
    rates = [rate_share(step, config=config) for step in range(steps)]
    warmup = warmup_steps(config)
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[warmup] == 1.0
    assert rates[: warmup + 1] == sorted(set(rates[: warmup + 1]))  # it rises
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)  # and does not rise again
    if scheduler == "constant":
        assert set(rates) == {1.0}
    elif steps > 1:
        assert warmup == min(-(-ratio * steps // 1), steps - 1)
    falls = scheduler in ("cosine", "linear")
    assert rate_share(steps, config=config) == pytest.approx(0.0 if falls else 1.0)


def test_the_long_way_of_a_cosine_never_comes_to_nothing() -> None:
    config = config_of(steps=1_000_000)
    assert rate_share(999_999, config=config) > 0


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize(("steps", "ratio"), [(1, 0.0), (1, 0.1), (1, 1.0), (2, 0.5), (2, 1.0)])
def test_a_short_run_changes_the_weights(
    make_run: Make, run_here: Any, scheduler: str, steps: int, ratio: float
) -> None:
    values = {
        "adapter": "lora", "adapter_options": {"r": 2}, "batch_size": 2, "validation_file": "",
        "gradient_accumulation": 1, "learning_rate": 1e-2, "save_every": 1,
    }  # fmt: skip
    folder = make_run(**values, scheduler=scheduler, steps=steps, warmup_ratio=ratio)
    assert run_here(folder) == 0
    metrics = [e["data"] for e in read_events(folder / "events.jsonl") if e["type"] == "metrics"]
    assert len(metrics) == steps
    assert all(data["learning_rate"] > 0 for data in metrics)
    assert metrics[-1]["learning_rate"] == 1e-2
    changed = weights_of(folder / "checkpoints" / "checkpoint-1")
    assert changed > 0  # LoRA's second factor starts at 0
    assert weights_of(folder / "adapter") > changed * (steps > 1)


def weights_of(folder: Path) -> float:
    """The largest number of LoRA's second factors."""
    tensors = load_file(folder / "adapter_model.safetensors")
    found = [tensor for name, tensor in tensors.items() if "lora_B" in name]
    assert found
    return float(torch.stack([tensor.abs().max() for tensor in found]).max())
