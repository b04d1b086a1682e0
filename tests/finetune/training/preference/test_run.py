"""A preference run by the real trainer: it learns what was preferred, and resumes to the bit."""

from __future__ import annotations

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
from safetensors.torch import load_file

from finetune.training.forecast.dry_run import dry_run
from finetune.training.log.events import read_events
from finetune.training.supervision import ExitCode, Supervision
from tests.finetune.training.preference.conftest import Make

RunHere = Callable[[Path], int]


def data_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [
        event["data"] for event in read_events(folder / "events.jsonl") if event["type"] == kind
    ]


def weights(folder: Path) -> dict[str, Any]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def test_held_out_pairs_are_told_apart(make_pairs: Make, run_here: RunHere) -> None:
    folder = make_pairs(steps=16, eval_every=8)
    assert run_here(folder) == ExitCode.SUCCEEDED
    before, *_, after = data_of(folder, "evaluation")
    assert before["validation_rewards/accuracies"] == 0.5  # the adapter begins as a no-op
    assert before["validation_loss"] == pytest.approx(0.6931, abs=1e-4)
    assert after["validation_rewards/accuracies"] > 0.9
    assert after["validation_accuracy"] == after["validation_rewards/accuracies"]
    assert after["validation_rewards/margins"] == pytest.approx(
        after["validation_rewards/chosen"] - after["validation_rewards/rejected"]
    )
    steps = data_of(folder, "metrics")
    assert steps[-1]["rewards/margins"] > steps[0]["rewards/margins"]
    assert steps[-1]["train_accuracy"] == steps[-1]["rewards/accuracies"]
    (result,) = data_of(folder, "result")
    assert result["verdict"] == "better"
    assert json.loads((folder / "adapter" / "wukong.json").read_text())["kind"] == "preference"


@pytest.mark.parametrize(
    "values",
    [
        {"adapter": "lora"},
        {"adapter": "qtha", "adapter_options": {"r": 3, "mpo_width": 8, "mpo_bond": 2}},
        {"adapter": "qgs"},
        {"adapter": "gatenet"},
        {"sft_weight": 0.5, "gradient_accumulation": 2},
    ],
    ids=lambda values: "-".join(map(str, values)) + str(values.get("adapter", "")),
)
def test_a_killed_run_ends_with_the_same_weights(
    values: dict[str, Any], make_pairs: Make, run_here: RunHere
) -> None:
    whole, killed = make_pairs("whole", **values), make_pairs("killed", **values)
    assert run_here(whole) == ExitCode.SUCCEEDED
    process = subprocess.Popen(
        [sys.executable, "-m", "finetune.training", str(killed), "--detached"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 240
    while not (killed / "checkpoints" / "checkpoint-4").is_dir() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not (killed / "adapter").exists():  # else it was faster than the kill
        assert run_here(killed) == ExitCode.SUCCEEDED
    ours, theirs = weights(whole), weights(killed)
    assert ours.keys() == theirs.keys()
    assert all(ours[name].equal(theirs[name]) for name in ours)
    assert [row["train_loss"] for row in data_of(whole, "metrics")] == [
        row["train_loss"] for row in data_of(killed, "metrics")
    ]


def test_the_reference_of_one_that_goes_on_is_the_adapter_at_its_start(
    make_pairs: Make, run_here: RunHere
) -> None:
    first = make_pairs("first", steps=6)
    assert run_here(first) == ExitCode.SUCCEEDED
    second = make_pairs("second", steps=4, start_adapter=str(first / "adapter"))
    assert run_here(second) == ExitCode.SUCCEEDED
    base = json.loads((first / "reference.json").read_text())["pairs"]
    start = json.loads((second / "reference.json").read_text())["pairs"]
    assert len(start) <= len(base)
    assert start[0] != base[0]
    assert data_of(second, "evaluation")[0]["validation_rewards/accuracies"] == 0.5


def test_the_chosen_replies_weight_changes_what_is_learned(
    make_pairs: Make, run_here: RunHere
) -> None:
    plain, weighted = make_pairs("plain", steps=3), make_pairs("weighted", steps=3, sft_weight=1.0)
    assert run_here(plain) == run_here(weighted) == ExitCode.SUCCEEDED
    one, other = (data_of(folder, "metrics")[0]["train_loss"] for folder in (plain, weighted))
    assert other > one + 1  # the chosen replies' own loss stands in it


def test_dialogues_are_no_pairs(make_pairs: Make, run_here: RunHere) -> None:
    folder = make_pairs()
    line = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    (folder / "train.jsonl").write_text(json.dumps(line) + "\n")
    assert run_here(folder) != ExitCode.SUCCEEDED
    (error,) = [e for e in read_events(folder / "events.jsonl") if e["type"] == "error"]
    assert "not a pair of replies" in error["message"]


def test_a_trial_takes_a_step_of_pairs(make_pairs: Make) -> None:
    folder = make_pairs()
    code = dry_run(folder, Supervision(folder / "control", detached=True))
    answer = json.loads((folder / "trial.json").read_text())
    assert code == ExitCode.SUCCEEDED, answer
    assert answer["step_seconds"] > 0
