"""A run goes on from what its log tells whole: no step is missing, none is told twice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune.training.exceptions import DamagedLog
from finetune.training.log.events import Event, read_events
from finetune.training.loop.checkpoints import checkpoints
from tests.finetune.training.conftest import Make

SETTINGS = {"adapter": "lora", "adapter_options": {"r": 2}, "steps": 8, "save_every": 2,
            "eval_every": 4, "sample_tokens": 2}  # fmt: skip


def events(folder: Path, kind: str) -> list[Event]:
    return [event for event in read_events(folder / "events.jsonl") if event["type"] == kind]


def steps(folder: Path, kind: str) -> list[int]:
    return [event["data"]["step"] for event in events(folder, kind)]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


@pytest.fixture
def whole(make_done: Make) -> Path:
    return make_done(**SETTINGS)


def log_until(folder: Path, step: int) -> None:
    """Put an older log in the place of the folder's own: up to a step's metrics."""
    kept = []
    for line in (folder / "events.jsonl").read_bytes().splitlines(keepends=True):
        kept.append(line)
        if b'"type": "metrics"' in line and f'"step": {step},'.encode() in line:
            break
    (folder / "events.jsonl").write_bytes(b"".join(kept))


@pytest.mark.parametrize("step", [7, 5, 1])
def test_a_log_that_is_older_than_the_checkpoints(whole: Path, run_here: Any, step: int) -> None:
    """Restored from a backup, or cut: steps that it lacks are computed again and told."""
    expected = weights(whole)
    shutil.rmtree(whole / "adapter")
    log_until(whole, step)
    assert run_here(whole) == 0
    assert steps(whole, "metrics") == list(range(1, 9))
    assert steps(whole, "evaluation") == [0, 4, 8]
    passed_over = [e["message"] for e in events(whole, "warning") if "newer than" in e["message"]]
    newer = [n for n in (6, 8) if n > step]
    assert len(passed_over) == len(newer)
    assert (
        f"checkpoint-8 is newer than the log, which lacks step {step + 1}, and is passed over."
        in passed_over
    )
    assert [int(path.name[11:]) for path in checkpoints(whole / "checkpoints")] == [6, 8]
    assert all(torch.equal(expected[name], tensor) for name, tensor in weights(whole).items())
    numbers = [event["seq"] for event in read_events(whole / "events.jsonl")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_log_that_is_gone(whole: Path, run_here: Any) -> None:
    shutil.rmtree(whole / "adapter")
    (whole / "events.jsonl").unlink()
    assert run_here(whole) == 0
    assert steps(whole, "metrics") == list(range(1, 9))


def test_good_checkpoints_are_not_pushed_out_by_those_that_were_passed_over(
    whole: Path, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between the first checkpoint after a resume and the next, it still has one."""
    from finetune.training.loop import saving

    log_until(whole, 3)
    sealed: list[int] = []
    real = saving.checkpoints.prune

    def pruned(folder: Path, **values: Any) -> None:
        real(folder, **values)
        sealed.append(len(checkpoints(folder)))
        if len(sealed) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(saving.checkpoints, "prune", pruned)
    assert run_here(whole) == 1
    left = [int(path.name[11:]) for path in checkpoints(whole / "checkpoints")]
    assert left == [2]
    monkeypatch.undo()
    assert run_here(whole) == 0
    assert steps(whole, "metrics") == list(range(1, 9))


def test_a_log_that_is_damaged_in_the_middle_is_refused(whole: Path, run_here: Any) -> None:
    lines = (whole / "events.jsonl").read_bytes().splitlines(keepends=True)
    lines[5] = b'{"seq": 6, "type": "metrics", "data": {}}\n'
    (whole / "events.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(DamagedLog, match="new folder"):
        run_here(whole)
