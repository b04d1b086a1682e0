"""Real trainer processes: finish, cancel, pause, kill -9, death of the parent, full disk."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.datasets import demo
from finetune.training.config import RunConfig
from finetune.training.log.events import Event, read_events

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "finetune.training"]
Make = Callable[..., Path]


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, str(folder), *options],
        env=ENVIRONMENT,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(folder: Path) -> int:
    process = start(folder)
    _, errors = process.communicate(timeout=120)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode


def events(folder: Path) -> list[Event]:
    return list(read_events(folder / "events.jsonl"))


def of(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [event["data"] for event in events(folder) if event["type"] == kind]


def wait_for_step(folder: Path, step: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if (folder / "events.jsonl").exists() and any(
            data["step"] >= step for data in of(folder, "metrics")
        ):
            return
        time.sleep(0.02)
    raise AssertionError(f"no step {step} in {folder}")


def weights(folder: Path) -> bytes:
    return (folder / "adapter" / "adapter_model.safetensors").read_bytes()


def one_curve(folder: Path, steps: int, evaluations: list[int]) -> None:
    """Assert a log without gaps or doubled points."""
    assert [event["seq"] for event in events(folder)] == list(range(1, len(events(folder)) + 1))
    assert [data["step"] for data in of(folder, "metrics")] == list(range(1, steps + 1))
    assert [data["step"] for data in of(folder, "evaluation")] == evaluations
    samples = [(data["step"], data["index"]) for data in of(folder, "sample")]
    assert samples == [(step, index) for step in evaluations for index in (0, 1)]


@pytest.mark.slow
def test_a_run_that_was_killed_twice_ends_like_one_that_was_not(make_run: Make) -> None:
    whole, killed = make_run("whole"), make_run("killed")
    assert finish(whole) == 0
    for step in (3, 7):
        process = start(killed)
        wait_for_step(killed, step)
        process.kill()
        process.communicate()
        with (killed / "events.jsonl").open("ab") as log:
            log.write(b'{"seq": 99, "type": "met')  # what a kill in mid-write leaves
    newest = max((killed / "checkpoints").glob("checkpoint-*"), key=lambda p: int(p.name[11:]))
    (newest / "optimizer.pt").write_bytes(b"torn")
    assert finish(killed) == 0
    assert weights(whole) == weights(killed)
    for folder in (whole, killed):
        one_curve(folder, 12, [0, 4, 8, 12])
        assert of(folder, "state")[-1]["state"] == "succeeded"
    for left, right in zip(of(whole, "metrics"), of(killed, "metrics"), strict=True):
        for name in ("train_loss", "grad_norm", "learning_rate", "trained_tokens", "epoch"):
            assert left[name] == right[name]
    assert of(whole, "evaluation") == of(killed, "evaluation")
    assert any(data.get("path") == f"checkpoints/{newest.name}" for data in of(killed, "warning"))
    result = of(killed, "result")[0]
    losses = [data["validation_loss"] for data in of(killed, "evaluation")]
    assert result["base_validation_loss"] == losses[0]
    assert result["improvement"] == pytest.approx(losses[0] - losses[-1])
    assert len(list((killed / "checkpoints").glob("checkpoint-*"))) == 2
    circuit = of(killed, "circuit")[0]
    assert circuit["qubits"] == 3
    assert (killed / circuit["files"][0]).read_text().lstrip().startswith("<")
    metrics = of(killed, "metrics")[-1]
    assert metrics["circuit_gradient_norm"] is not None
    assert {"train_accuracy", "tokens_per_second", "memory_mb", "seconds_left"} <= set(metrics)
    model = of(killed, "model")[0]
    assert model["ratio"] == model["trainable_parameters"] / model["lora_r8_parameters"]


@pytest.mark.parametrize(
    ("request_", "code", "state"),
    [("cancel", 3, "cancelled"), pytest.param("pause", 4, "paused", marks=pytest.mark.slow)],
)
def test_cancel_and_pause_stop_within_a_step_and_keep_a_checkpoint(
    make_run: Make, request_: str, code: int, state: str
) -> None:
    folder = make_run(steps=500, save_every=400, eval_every=0)
    process = start(folder)
    wait_for_step(folder, 3)
    (folder / "control").write_text(request_)
    seen = len(of(folder, "metrics"))
    process.communicate(timeout=60)
    assert process.returncode == code
    done = len(of(folder, "metrics"))
    assert done <= seen + 2
    assert of(folder, "state")[-1] == {"state": state, "step": done}
    assert (folder / "checkpoints" / f"checkpoint-{done}").is_dir()
    assert not (folder / "control").exists()


def test_a_worker_that_ends_as_a_group_costs_no_step(make_run: Make) -> None:
    """The group is told, and the worker tells its trainer once more."""
    folder = make_run(steps=500, save_every=400, eval_every=0)
    process = start(folder)
    wait_for_step(folder, 2)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    time.sleep(0.05)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 5
    done = len(of(folder, "metrics"))
    assert (folder / "checkpoints" / f"checkpoint-{done}").is_dir()


@pytest.mark.slow
def test_sigterm_and_a_dead_parent_leave_a_checkpoint(make_run: Make) -> None:
    folder = make_run(steps=500, save_every=400, eval_every=0)
    process = start(folder)
    wait_for_step(folder, 2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 5
    assert list((folder / "checkpoints").glob("checkpoint-*"))
    # The trainer's parent is a shell that we kill.
    script = f"'{sys.executable}' -m finetune.training '{folder}' & echo $!; wait"
    shell = subprocess.Popen(
        ["/bin/bash", "-c", script],
        env=ENVIRONMENT,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert shell.stdout is not None
    trainer = int(shell.stdout.readline())
    wait_for_step(folder, len(of(folder, "metrics")) + 2)
    shell.kill()
    shell.wait()
    shell.stdout.close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _alive(trainer):
        time.sleep(0.05)
    assert not _alive(trainer)
    last = [event for event in events(folder) if event["type"] == "warning"][-1]
    assert "is gone" in last["message"]
    assert (folder / "checkpoints" / f"checkpoint-{last['data']['step']}").is_dir()


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_second_trainer_refuses(make_run: Make) -> None:
    folder = make_run()
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        process = start(folder)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 6
    assert b"Another trainer" in errors
    assert not (folder / "events.jsonl").exists()


# The rest runs in this process, which is faster.


@pytest.mark.parametrize(
    ("values", "code", "kind", "words"),
    [
        ({"targets": ["nose_proj"]}, 2, "bad_config", "no such linear layer"),
        ({"base_model": "/nowhere/model"}, 2, "bad_config", "no folder"),
        ({"train_file": "/nowhere/train.jsonl"}, 1, "data", "cannot be read"),
    ],
)
def test_what_cannot_work_is_explained(
    make_run: Make, run_here: Any, values: dict[str, Any], code: int, kind: str, words: str
) -> None:
    folder = make_run(**values)
    assert run_here(folder) == code
    error = events(folder)[-2]
    assert error["data"]["kind"] == kind
    assert words in error["message"]
    assert of(folder, "state")[-1]["state"] == "failed"


def test_a_config_that_is_no_json(make_run: Make, run_here: Any) -> None:
    folder = make_run()
    (folder / "config.json").write_text('{"steps": 0, "x": ')
    assert run_here(folder) == 2
    assert of(folder, "error")[0]["kind"] == "bad_config"


def test_a_loss_that_is_not_finite_is_explained(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune.training.loop import trainer
    from finetune.training.loop.metrics import TokenLoss

    real = trainer.token_loss

    def broken(*args: Any, **kwargs: Any) -> TokenLoss:
        loss = real(*args, **kwargs)
        return TokenLoss(loss.total * float("nan"), loss.correct, loss.count)

    monkeypatch.setattr(trainer, "token_loss", broken)
    folder = make_run(validation_file="")
    assert run_here(folder) == 1
    assert "too high" in events(folder)[-2]["message"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
            "out_of_memory",
        ),
        (MemoryError(), "out_of_memory"),
        (ZeroDivisionError("division by zero"), "exception"),
    ],
)
def test_failures_are_told_apart(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str
) -> None:
    from finetune.training.loop import checkpoints

    def fail(*args: Any) -> None:
        raise error

    monkeypatch.setattr(checkpoints, "seal", fail)
    folder = make_run(steps=3, eval_every=0, sample_tokens=0)
    assert run_here(folder) == 1
    data = of(folder, "error")[0]
    assert data["kind"] == kind
    assert data["exception"] == type(error).__name__
    assert "fail" in data["trace_tail"]
    assert not (folder / "checkpoints" / ".partial").exists()  # a full disk would stay full
    assert [item["step"] for item in of(folder, "metrics")] == [1, 2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_really_full(make_run: Make, run_here: Any, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        source = make_run(steps=100, save_every=1, sample_tokens=0, eval_every=0)
        folder = disk / "run"
        folder.mkdir()
        (folder / "config.json").write_text((source / "config.json").read_text())
        (disk / "filler").write_bytes(b"x" * 280_000)
        assert run_here(folder) == 1
        assert of(folder, "error")[0]["kind"] == "disk_full"
        assert of(folder, "state")[-1]["state"] == "failed"
        assert not (folder / "checkpoints" / ".partial").exists()
        (disk / "filler").unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("adapter", ["lora", "ia3", "vera"])
def test_classical_adapters_train_too(make_run: Make, run_here: Any, adapter: str) -> None:
    folder = make_run(adapter=adapter, adapter_options={}, steps=2, sample_tokens=0)
    assert run_here(folder) == 0
    assert not of(folder, "circuit")
    assert of(folder, "metrics")[-1]["circuit_gradient_norm"] is None
    assert json.loads((folder / "adapter" / "wukong.json").read_text())["adapter"] == adapter


def test_new_makes_a_run_folder(tmp_path: Path, write_dialogues: Callable[..., Path]) -> None:
    train = write_dialogues(64)
    arguments = ["new", str(tmp_path / "made"), "--train-file", str(train), "--preset", "paper"]
    subprocess.run(
        [*COMMAND, *arguments, "--base-model", "x", "--seed", "5"],
        check=True,
        env=ENVIRONMENT,
        cwd=ROOT,
    )
    config = RunConfig.read(tmp_path / "made" / "config.json")
    assert (config.seed, config.steps, config.learning_rate) == (5, 6, 5e-5)


@pytest.mark.slow
@pytest.mark.real_model
def test_the_real_model_learns(make_run: Make, base_model_dir: Path) -> None:
    folder = make_run(
        base_model=str(base_model_dir),
        train_file=str(demo.path()),
        validation_file=str(demo.path()),
        adapter_options={},
        learning_rate=2e-2,
        steps=6,
        batch_size=2,
        gradient_accumulation=1,
        sequence_length=128,
        eval_every=0,
        eval_dialogues=4,
        sample_tokens=0,
        threads=2,
    )
    assert finish(folder) == 0
    assert of(folder, "result")[0]["improvement"] > 0.05
