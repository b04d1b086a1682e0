"""Two processes that learn together: as one would, left together, and never one without the other."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.torch import load_file

from finetune.training.devices import count
from tests.finetune.training import test_run as processes
from tests.finetune.training.conftest import Make

SETTINGS: dict[str, Any] = {
    "adapter": "lora", "adapter_options": {"r": 2}, "steps": 6, "batch_size": 4,
    "gradient_accumulation": 2, "save_every": 2, "eval_every": 3, "sample_tokens": 2,
}  # fmt: skip
of = processes.of


@pytest.fixture(autouse=True)
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(processes.ENVIRONMENT, count.CPU_DEVICES, "2")
    monkeypatch.setitem(processes.ENVIRONMENT, "CUDA_VISIBLE_DEVICES", "")


def close(left: Path, right: Path, steps: int) -> None:
    """Assert that two runs are the same, up to the order of sums."""
    for kind, names in {
        "metrics": ("train_loss", "train_accuracy", "grad_norm", "learning_rate", "trained_tokens"),
        "evaluation": ("validation_loss", "validation_accuracy", "validation_tokens"),
    }.items():
        for name in names:
            ours = [data[name] for data in of(right, kind)]
            assert ours == pytest.approx([data[name] for data in of(left, kind)], rel=1e-4), name
    assert len(of(right, "metrics")) == steps
    one, two = (load_file(f / "adapter" / "adapter_model.safetensors") for f in (left, right))
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        assert (tensor - two[name]).abs().max() <= 1e-3 * tensor.abs().max() + 1e-6, name


def test_two_devices_learn_what_one_does(make_run: Make) -> None:
    one, two = make_run("one", **SETTINGS), make_run("two", **SETTINGS, devices=2)
    assert processes.finish(one) == 0
    assert processes.finish(two) == 0
    close(one, two, 6)
    processes.one_curve(two, 6, [0, 3, 6])
    assert of(two, "state")[-1]["state"] == "succeeded"
