"""A run ends once: killed at any moment of its end and started again, it tells nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finetune.training.log.events import Event, read_events
from tests.conftest import ROOT
from tests.finetune.training.conftest import Make

SHORT = {"adapter": "lora", "adapter_options": {"r": 2}, "steps": 2, "save_every": 1,
         "eval_every": 0, "sample_tokens": 0}  # fmt: skip


def events(folder: Path) -> list[Event]:
    return list(read_events(folder / "events.jsonl"))


def kinds(folder: Path) -> list[str]:
    return [event["data"].get("state", event["type"]) for event in events(folder)]


@pytest.fixture
def done(make_done: Make) -> Path:
    folder = make_done(**SHORT)
    assert kinds(folder)[-3:] == ["saving", "result", "succeeded"]
    return folder


def cut(folder: Path, lines: int) -> None:
    """Take the last lines off the log, as a kill before they were written leaves it."""
    kept = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)[:-lines]
    (folder / "events.jsonl").write_bytes(b"".join(kept))


def test_a_run_that_has_succeeded_writes_nothing_again(done: Path, run_here: Any) -> None:
    log = (done / "events.jsonl").read_bytes()
    adapter = (done / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns
    assert run_here(done) == 0
    assert (done / "events.jsonl").read_bytes() == log
    assert (done / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns == adapter
    again = subprocess.run(
        [sys.executable, "-m", "finetune.training", str(done)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "has succeeded already" in again.stdout
    assert (done / "events.jsonl").read_bytes() == log


def test_killed_after_its_result(done: Path, run_here: Any) -> None:
    whole = kinds(done)
    cut(done, 1)
    assert run_here(done) == 0
    assert kinds(done) == whole


def test_killed_after_the_adapter_was_sealed(done: Path, run_here: Any) -> None:
    first = events(done)[-2]["data"]
    cut(done, 2)
    assert run_here(done) == 0
    assert kinds(done).count("result") == 1
    assert kinds(done)[-2:] == ["result", "succeeded"]
    again = events(done)[-2]["data"]
    taken = {"seconds", "processor_seconds", "peak_memory_mb", "energy_joules"}
    assert again.keys() == first.keys()
    assert {k: v for k, v in again.items() if k not in taken} == {
        k: v for k, v in first.items() if k not in taken
    }
    assert again["processor_seconds"] > first["processor_seconds"]  # of both trainers
    assert kinds(done).count("metrics") == 2


@pytest.mark.parametrize("lines", [0, 1])
def test_an_adapter_that_is_damaged_is_made_again(done: Path, run_here: Any, lines: int) -> None:
    path = done / "adapter" / "adapter_model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    if lines:
        cut(done, lines)
    assert run_here(done) == 0
    assert path.read_bytes() == whole
    assert kinds(done)[-1] == "succeeded"
    assert kinds(done).count("metrics") == 2


def test_more_steps_are_a_reason_to_go_on(done: Path, run_here: Any) -> None:
    config = json.loads((done / "config.json").read_text())
    (done / "config.json").write_text(json.dumps({**config, "steps": 3}))
    assert run_here(done) == 0
    assert kinds(done).count("metrics") == 3
