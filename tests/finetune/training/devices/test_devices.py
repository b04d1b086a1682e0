"""Two processes that learn together: as one would, left together, neither without the other."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.torch import load_file

from finetune.training.devices import count
from tests.conftest import PATIENCE
from tests.finetune.training import test_run as processes
from tests.finetune.training.conftest import Make

SETTINGS: dict[str, Any] = {
    "steps": 6, "batch_size": 4, "gradient_accumulation": 2, "save_every": 2, "eval_every": 3,
    "sample_tokens": 2, "precision": "float32",  # bfloat16 has too few digits to compare
}  # fmt: skip
WITHOUT_CHANCE: dict[str, dict[str, Any]] = {
    "lora": {"r": 2, "dropout": 0.0},
    "qtha": {"r": 3, "mpo_width": 8, "mpo_bond": 2, "dropout": 0.0},
    "qgs": {},
    "gatenet": {},
}
of = processes.of


@pytest.fixture(autouse=True)
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(processes.ENVIRONMENT, count.CPU_DEVICES, "2")
    monkeypatch.setitem(processes.ENVIRONMENT, "CUDA_VISIBLE_DEVICES", "")


def finish(folder: Path) -> int:
    process = processes.start(folder)
    _, errors = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode


def wait_for_step(folder: Path, step: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (folder / "events.jsonl").exists() and len(of(folder, "metrics")) >= step:
            return
        time.sleep(0.02)
    raise AssertionError(f"no step {step} in {folder}")


def same_up_to_rounding(left: Path, right: Path) -> None:
    for kind, names in {
        "metrics": ("train_loss", "train_accuracy", "grad_norm", "learning_rate", "trained_tokens"),
        "evaluation": ("validation_loss", "validation_accuracy", "validation_tokens"),
    }.items():
        for name in names:
            expected = [data[name] for data in of(left, kind)]
            assert [data[name] for data in of(right, kind)] == pytest.approx(expected, rel=1e-4)
    one, two = (load_file(f / "adapter" / "adapter_model.safetensors") for f in (left, right))
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        assert (tensor - two[name]).abs().max() <= 1e-3 * tensor.abs().max() + 1e-6, name


def others_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes of the other devices, once they are there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := [one for one in psutil.Process(process.pid).children() if of_a_device(one)]:
            return found
        time.sleep(0.05)
    raise AssertionError("no other process was started")


def of_a_device(process: psutil.Process) -> bool:
    """Not one of the short-lived ones that libraries start as they are loaded."""
    try:
        return "--rank" in process.cmdline()
    except psutil.Error:
        return False


def gone(process: psutil.Process) -> bool:
    try:
        process.wait(timeout=30)
    except psutil.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize("adapter", ["lora", pytest.param("qgs", marks=pytest.mark.slow)])
def test_two_devices_learn_what_one_does(make_run: Make, run_here: Any, adapter: str) -> None:
    """With a split base, the other adapters do (`test_sharding.py`)."""
    chosen = {**SETTINGS, "adapter": adapter, "adapter_options": WITHOUT_CHANCE[adapter]}
    one, two = make_run("one", **chosen), make_run("two", **chosen, devices=2)
    assert run_here(one) == 0
    assert finish(two) == 0
    same_up_to_rounding(one, two)
    processes.one_curve(two, 6, [0, 3, 6])
    assert of(two, "state")[-1]["state"] == "succeeded"
    assert not list((two / "devices").glob("*.*"))  # neither a report nor the meeting place


@pytest.mark.parametrize("sharding", ["base", pytest.param("none", marks=pytest.mark.slow)])
def test_a_death_a_pause_and_a_cancelled_pause_change_nothing(
    make_run: Make, sharding: str
) -> None:
    """Dropout is on, so both processes' random numbers have to go on as they were."""
    steps = {"steps": 16, "eval_every": 8}  # so many that a busy machine comes in time
    chosen = {**SETTINGS, **steps, "devices": 2, "sharding": sharding}
    whole, broken = (make_run(name, **chosen) for name in ("whole", "broken"))
    assert finish(whole) == 0

    process = processes.start(broken)
    other = others_of(process)[0]
    wait_for_step(broken, 3)
    other.kill()  # the run ends as this process did, so that a worker sees why
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -9
    assert "device 2 was ended by signal 9" in messages(broken, "warning")[-1]

    process = processes.start(broken)
    other = others_of(process)[0]
    wait_for_step(broken, 4)
    (broken / "control").write_text("pause")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 4
    assert gone(other)
    assert of(broken, "state")[-1]["state"] == "paused"

    assert finish(broken) == 0
    assert processes.weights(broken) == processes.weights(whole)
    processes.one_curve(broken, 16, [0, 8, 16])
    for left, right in zip(of(whole, "metrics"), of(broken, "metrics"), strict=True):
        assert [left[n] for n in ("train_loss", "grad_norm", "trained_tokens")] == [
            right[n] for n in ("train_loss", "grad_norm", "trained_tokens")
        ]
    assert of(whole, "evaluation") == of(broken, "evaluation")


def messages(folder: Path, kind: str) -> list[str]:
    return [event["message"] for event in processes.events(folder) if event["type"] == kind]


@pytest.mark.slow
def test_none_is_waited_for_that_is_gone(make_run: Make) -> None:
    """Before they have found each other, where nothing but a look from beside can tell."""
    folder = make_run(**SETTINGS, devices=2)
    process = processes.start(folder)
    others_of(process)[0].kill()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -9
    assert "device 2" in messages(folder, "warning")[-1]

    process = processes.start(folder)
    other = others_of(process)[0]
    wait_for_step(folder, 1)
    process.kill()  # and the other way round
    process.communicate()
    assert gone(other)


@pytest.mark.slow
def test_all_end_early_together(make_run: Make) -> None:
    settings = {**SETTINGS, "eval_every": 1, "steps": 12, "learning_rate": 0.9}
    folder = make_run(**settings, early_stopping=1, devices=2)
    assert finish(folder) == 0
    result = of(folder, "result")[0]
    assert result["ended_early"]
    assert result["adapter_step"] == result["best_step"] < result["last_step"] < 12


def test_more_devices_than_there_are(make_run: Make, run_here: Any) -> None:
    folder = make_run(**SETTINGS, devices=2)
    assert run_here(folder) == 2
    assert "2 are asked for, and there is one: take at most 1" in messages(folder, "error")[0]
