"""A trainer leaves at once: while it loads, within a step, without its parent; and it beats."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.training import supervision
from finetune.training.loop import trainer
from finetune.training.loop.interruptions import layers_of, look_between_layers
from finetune.training.supervision import HEARTBEAT, Stop, StopRequested, Supervision
from tests.conftest import wait_until
from tests.finetune.training.test_run import of, start, wait_for_step, weights

Make = Callable[..., Path]


def ended_before_training(process: subprocess.Popen[bytes], folder: Path) -> str:
    _, errors = process.communicate(timeout=60)
    log = folder / "events.jsonl"
    assert not log.exists() or not of(folder, "metrics")
    return errors.decode()


def test_a_parent_that_is_gone_before_the_first_look(make_run: Make) -> None:
    folder = make_run()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, check=True)  # fmt: skip
    process = start(folder, "--parent", gone.stdout.decode().strip())
    assert "is gone" in ended_before_training(process, folder)
    assert process.returncode == 5


def test_a_request_while_it_loads(make_run: Make) -> None:
    folder = make_run()
    (folder / "control").write_text("pause")
    process = start(folder, "--parent", str(os.getpid()))
    assert "before training began" in ended_before_training(process, folder)
    assert process.returncode == 4
    assert not (folder / "control").exists()  # the next start is not stopped by it


@pytest.mark.slow
def test_silence_means_stopped(make_run: Make) -> None:
    folder = make_run(steps=500, save_every=400, eval_every=0)
    process = start(folder)

    def beat() -> int:
        return (folder / HEARTBEAT).stat().st_mtime_ns

    try:
        wait_for_step(folder, 1)
        first = beat()
        wait_until(lambda: beat() > first)
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)  # it is stopped by now
        last = beat()
        with pytest.raises(AssertionError):
            wait_until(lambda: beat() > last, seconds=2 * supervision.BEAT_SECONDS)
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: beat() > last)
    finally:
        process.kill()
        process.communicate()


def test_a_step_left_in_its_middle_is_repeated_alike(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {"steps": 6, "eval_every": 0, "sample_tokens": 0}
    whole, paused = make_run("whole", **short), make_run("paused", **short)
    assert run_here(whole) == 0
    real, calls = trainer.token_loss, []

    def pausing(*args: Any, **kwargs: Any) -> Any:
        if torch.is_grad_enabled():
            calls.append(1)
            if len(calls) == 6:  # the second half of the third step
                (paused / "control").write_text("pause")
        return real(*args, **kwargs)

    monkeypatch.setattr(supervision, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(trainer, "token_loss", pausing)
    assert run_here(paused) == 4
    assert of(paused, "state")[-1] == {"state": "paused", "step": 2}
    assert (paused / "checkpoints" / "checkpoint-2").is_dir()
    assert run_here(paused) == 0
    assert [data["step"] for data in of(paused, "metrics")] == list(range(1, 7))
    assert weights(whole) == weights(paused)


class Stack(torch.nn.Module):
    """Two layers, as every model has them, and a shorter list beside."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = torch.nn.ModuleList([torch.nn.Linear(2, 2)])
        self.layers = torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)])

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            values = layer(values)
        return values


def test_it_leaves_on_the_way_back_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LOOK_SECONDS", 0.0)
    model, control = Stack(), tmp_path / "control"
    assert layers_of(model) == list(model.layers)
    look_between_layers(model, Supervision(control, detached=True))
    loss = model(torch.ones(1, 2)).sum()
    control.write_text("cancel")
    with pytest.raises(StopRequested) as stopped:
        loss.backward()
    assert stopped.value.reason is Stop.CANCELLED
    with pytest.raises(StopRequested):
        model(torch.ones(1, 2))


def test_a_model_without_layers_is_left_alone(tmp_path: Path) -> None:
    look_between_layers(torch.nn.Linear(2, 2), Supervision(tmp_path / "control"))
