"""Run folders for the tiny model, and a trainer in this process."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.training.config import RunConfig
from tests.finetune.conftest import dialogue

Make = Callable[..., Path]


def folder_made(folder: Path, base: Path, **values: Any) -> Path:
    """Make a run folder for a tiny model, with its dialogues beside the settings."""
    folder.mkdir()
    for name, count, turns in (("train", 30, 2), ("validation", 8, 3)):
        lines = "".join(json.dumps(dialogue(number, turns)) + "\n" for number in range(count))
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    config = RunConfig.from_dict(
        {
            "base_model": str(base),
            "train_file": str(folder / "train.jsonl"),
            "validation_file": str(folder / "validation.jsonl"),
            "adapter_options": {"r": 3, "mpo_width": 8, "mpo_bond": 2, "dropout": 0.1},
            "steps": 12,
            "batch_size": 2,
            "gradient_accumulation": 2,
            "sequence_length": 96,
            "eval_every": 4,
            "save_every": 2,
            "sample_prompts": ["Hello", "I am sad"],
            "sample_tokens": 3,
            "threads": 1,
            **values,
        }
    )
    (folder / "config.json").write_text(config.to_json())
    return folder


def trained(folder: Path) -> int:
    """Train in this process, which is faster; signals are put back."""
    from finetune.training.run import run

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        return run(folder, detached=True)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@pytest.fixture
def make_run(tmp_path: Path, tiny_model_dir: Path) -> Make:
    return lambda name="run", **values: folder_made(tmp_path / name, tiny_model_dir, **values)


@pytest.fixture
def run_here() -> Callable[[Path], int]:
    return trained


@pytest.fixture(scope="module")
def trained_once(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The folder of a finished run, trained once in a file for each set of settings."""
    made: dict[str, Path] = {}

    def make(**values: Any) -> Path:
        key = json.dumps(values, sort_keys=True)
        if key not in made:
            folder = folder_made(tmp_path_factory.mktemp("once") / "run", tiny_model_dir, **values)
            assert trained(folder) == 0
            made[key] = folder
        return made[key]

    return make


@pytest.fixture
def make_done(trained_once: Make, tmp_path: Path) -> Make:
    """Copy the folder of a finished run, to be changed."""
    return lambda **values: Path(shutil.copytree(trained_once(**values), tmp_path / "done"))
